import * as build from "../../kernel/build-expression.ts";
import { negate } from "../unary/negate.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";
import { multiply } from "./multiply.ts";

/** x / y. */
export const divide: BinaryOp = defineBinary({
  name: "divide",
  expression: build.div,
  reference: (x, y) => x / y,
  gradient: ({ y, result, upstream }) => [divide(upstream, y), negate(divide(multiply(upstream, result), y))],
});
