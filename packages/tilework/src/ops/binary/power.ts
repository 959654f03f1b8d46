import { pow } from "../../kernel/math.ts";
import { log } from "../unary/exponential.ts";
import { where } from "../where.ts";
import { equal } from "./comparison.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";
import { multiply } from "./multiply.ts";
import { subtract } from "./subtract.ts";

/** x to the power of y. The derivative by y is taken as 0 · x^y where x is 0, as in JAX. */
export const power: BinaryOp = defineBinary({
  name: "power",
  expression: (x, y) => pow(x, y),
  reference: (x, y) => (x === 1 ? 1 : x ** y),
  gradient: ({ x, y, result, upstream }) => [
    multiply(upstream, where(equal(y, 0), 0, multiply(y, power(x, subtract(y, 1))))),
    multiply(upstream, multiply(log(where(equal(x, 0), 1, x)), result)),
  ],
});
