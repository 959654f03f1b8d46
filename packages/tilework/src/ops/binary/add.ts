import * as build from "../../kernel/build-expression.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";

/** x + y. int32 wraps. */
export const add: BinaryOp = defineBinary({
  name: "add",
  algebra: "add",
  dtypes: ["float32", "int32"],
  expression: build.add,
  reference: (x, y, dtype) => (dtype === "int32" ? (x + y) | 0 : x + y),
  gradient: ({ upstream }) => [upstream, upstream],
});
