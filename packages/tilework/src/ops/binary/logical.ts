/** Logic on bool tensors. */
import { binary } from "../../kernel/build-expression.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";

function logical(
  name: string,
  op: "and" | "or" | "xor",
  reference: (x: number, y: number) => number,
): BinaryOp {
  return defineBinary({ name, dtypes: ["bool"], expression: (x, y) => binary(op, x, y), reference });
}

/** Both hold. */
export const logicalAnd: BinaryOp = logical("logicalAnd", "and", (x, y) => x & y);
/** At least one holds. */
export const logicalOr: BinaryOp = logical("logicalOr", "or", (x, y) => x | y);
/** Exactly one holds. */
export const logicalXor: BinaryOp = logical("logicalXor", "xor", (x, y) => x ^ y);
