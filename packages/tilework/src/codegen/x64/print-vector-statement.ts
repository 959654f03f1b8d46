/** Prints what kernel code does with vectors. */
import type { VectorStatement } from "../kernel-code.ts";
import { computeVector } from "./compute-vector.ts";
import type { KernelWriter } from "./kernel-writer.ts";
import type { PlainNode } from "./nodes.ts";
import { integerPredicates, printMaskStatement } from "./print-mask-statement.ts";
import { printGather, printStridedLoad, printStridedStore } from "./print-scattered-memory.ts";
import { printLoad, printSplat, printStore } from "./print-vector-memory.ts";

export interface VectorNode extends PlainNode {
  readonly statement: VectorStatement;
}

/** Bytes that are only compared: their load, and a comparison with others. */
function printBytes(writer: KernelWriter, statement: VectorStatement, bytes: Uint8Array): void {
  const { assembler } = writer;
  if (statement.op === "load") {
    const target = writer.vectorTarget(statement.to);
    assembler.vector("vmovups", 128, [target, writer.memory(statement.address)]);
    writer.commitVector(statement.to, target);
  } else if (statement.op === "compare") {
    const target = writer.maskTarget(statement.to);
    const operands = [target, writer.readVector(statement.x), writer.pool.bytes(bytes)];
    assembler.vector("vpcmpb", 128, operands, { immediate: integerPredicates[statement.compare] });
    writer.commitMask(statement.to, target);
  }
}

export function printVectorStatement(writer: KernelWriter, node: VectorNode): void {
  const { statement, temporaries, tail, bytes } = node;
  switch (statement.op) {
    case "store":
      printStore(writer, statement, temporaries, tail);
      return;
    case "storeStrided":
      printStridedStore(writer, statement, temporaries);
      return;
    case "constant":
      if (writer.staysInMemory(statement.to)) return;
      break;
  }
  if (bytes !== undefined) {
    printBytes(writer, statement, bytes);
    return;
  }
  if (writer.isMask(statement.to)) {
    printMaskStatement(writer, statement);
    return;
  }
  const target = writer.vectorTarget(statement.to);
  switch (statement.op) {
    case "load":
      printLoad(writer, statement, target, tail);
      break;
    case "splat":
      printSplat(writer, statement, target);
      break;
    case "loadStrided":
      printStridedLoad(writer, statement, target, temporaries);
      break;
    case "gather":
      printGather(writer, statement, target, temporaries, tail);
      break;
    default:
      computeVector(writer, { ...node, statement }, target);
  }
  writer.commitVector(statement.to, target);
}
