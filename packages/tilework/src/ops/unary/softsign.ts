import * as build from "../../kernel/build-expression.ts";
import { add } from "../binary/add.ts";
import { divide } from "../binary/divide.ts";
import { abs } from "./abs.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { square } from "./powers.ts";

/** x / (|x| + 1). */
export const softsign: UnaryOp = defineUnary({
  name: "softsign",
  expression: (x) => build.div(x, build.add(build.abs(x), build.f32(1))),
  reference: (x) => x / (Math.abs(x) + 1),
  gradient: ({ x, upstream }) => divide(upstream, square(add(abs(x), 1))),
});
