/** Prints truth values: opmasks with AVX-512. With AVX2 they are vectors of all ones or zeros (compute-vector.ts). */
import type { CompareOp } from "../../kernel/expression.ts";
import { InternalError } from "../../util/errors.ts";
import type { VectorStatement } from "../kernel-code.ts";
import { type KernelWriter, scratchMask } from "./kernel-writer.ts";

/** Predicates of cmpps: ordered and quiet, but "not equal" holds for NaN. */
export const comparisons: Record<CompareOp, number> = {
  lt: 0x11,
  le: 0x12,
  eq: 0,
  ne: 4,
  gt: 0x1e,
  ge: 0x1d,
};

/** Predicates of vpcmpd and vpcmpb. */
export const integerPredicates: Record<CompareOp, number> = { eq: 0, lt: 1, le: 2, ne: 4, ge: 5, gt: 6 };

/** How AVX2, which compares for equal and greater only, comes to the others. */
export const integerComparisons: Record<
  CompareOp,
  { readonly instruction: "vpcmpeqd" | "vpcmpgtd"; readonly swapped: boolean; readonly negated: boolean }
> = {
  eq: { instruction: "vpcmpeqd", swapped: false, negated: false },
  ne: { instruction: "vpcmpeqd", swapped: false, negated: true },
  gt: { instruction: "vpcmpgtd", swapped: false, negated: false },
  le: { instruction: "vpcmpgtd", swapped: false, negated: true },
  lt: { instruction: "vpcmpgtd", swapped: true, negated: false },
  ge: { instruction: "vpcmpgtd", swapped: true, negated: true },
};

const logic = { and: "kandw", or: "korw", xor: "kxorw" } as const;

export function printMaskStatement(
  writer: KernelWriter,
  statement: Exclude<VectorStatement, { op: "store" | "storeStrided" }>,
): void {
  const { assembler, bits } = writer;
  switch (statement.op) {
    case "compare": {
      const { compare, type, x, y, to } = statement;
      const name = type === "f32" ? "vcmppsMask" : "vpcmpd";
      const immediate = type === "f32" ? comparisons[compare] : integerPredicates[compare];
      const target = writer.maskTarget(to);
      assembler.vector(name, bits, [target, writer.readVector(x), writer.vectorOperand(y)], { immediate });
      writer.commitMask(to, target);
      return;
    }
    case "unary":
      printNot(writer, statement.to, statement.x);
      return;
    case "binary": {
      const { binary, x, y, to } = statement;
      if (binary !== "and" && binary !== "or" && binary !== "xor") break;
      const [first, second] = [writer.readMask(x), writer.readMask(y)];
      const target = writer.maskTarget(to);
      assembler.vector(logic[binary], 256, [target, first, second]);
      writer.commitMask(to, target);
      return;
    }
    case "move":
      printMove(writer, statement.to, statement.from);
      return;
    case "select":
      printSelect(writer, statement);
      return;
  }
  throw new InternalError(`${statement.op} gives no mask`);
}

function printNot(writer: KernelWriter, to: number, x: number): void {
  const from = writer.readMask(x);
  const target = writer.maskTarget(to);
  writer.assembler.vector("knotw", 128, [target, from]);
  writer.commitMask(to, target);
}

function printMove(writer: KernelWriter, to: number, x: number): void {
  const from = writer.readMask(x);
  const target = writer.maskTarget(to);
  if (from !== target) writer.assembler.vector("kmovw", 128, [target, from]);
  writer.commitMask(to, target);
}

/** A choice between masks: (not condition and no) or (condition and yes). */
function printSelect(
  writer: KernelWriter,
  { condition, yes, no, to }: Extract<VectorStatement, { op: "select" }>,
): void {
  const { assembler } = writer;
  const [chosen, otherwise, then] = [writer.readMask(condition), writer.readMask(no), writer.readMask(yes)];
  assembler.vector("kandnw", 256, [scratchMask, chosen, otherwise]);
  // A target on the stack may take over the condition's register: it is read for the last time here.
  writer.releaseMasks();
  const target = writer.maskTarget(to);
  assembler.vector("kandw", 256, [target, chosen, then]);
  assembler.vector("korw", 256, [target, target, scratchMask]);
  writer.commitMask(to, target);
}
