import * as build from "../../kernel/build-expression.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";

/** x · y. int32 keeps the low 32 bits. */
export const multiply: BinaryOp = defineBinary({
  name: "multiply",
  algebra: "multiply",
  dtypes: ["float32", "int32"],
  expression: build.mul,
  reference: (x, y, dtype) => (dtype === "int32" ? Math.imul(x, y) : x * y),
  gradient: ({ x, y, upstream }) => [multiply(upstream, y), multiply(upstream, x)],
});
