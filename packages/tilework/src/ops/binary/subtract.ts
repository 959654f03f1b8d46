import * as build from "../../kernel/build-expression.ts";
import { negate } from "../unary/negate.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";

/** x - y. int32 wraps. */
export const subtract: BinaryOp = defineBinary({
  name: "subtract",
  algebra: "subtract",
  dtypes: ["float32", "int32"],
  expression: build.sub,
  reference: (x, y, dtype) => (dtype === "int32" ? (x - y) | 0 : x - y),
  gradient: ({ upstream }) => [upstream, negate(upstream)],
});
