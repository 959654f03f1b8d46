/** Prints what kernel code does with vectors. */
import type { VectorStatement } from "../kernel-code.ts";
import { computeVector } from "./compute-vector.ts";
import type { KernelWriter } from "./kernel-writer.ts";
import type { PlainNode } from "./nodes.ts";
import { printMaskStatement } from "./print-mask-statement.ts";
import { printGather, printStridedLoad, printStridedStore } from "./print-scattered-memory.ts";
import { printLoad, printSplat, printStore } from "./print-vector-memory.ts";

export interface VectorNode extends PlainNode {
  readonly statement: VectorStatement;
}

export function printVectorStatement(writer: KernelWriter, node: VectorNode): void {
  const { statement, temporaries, tail } = node;
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
