import type { Nest } from "../../kernel/nest.ts";
import { expressionsOf, nodesUnder } from "../../kernel/rewrite.ts";
import { stridesOf } from "../../tensor/shape.ts";
import { type LinearForm, linearForm } from "./linear-form.ts";

/** An access of a nest, in elements. */
export interface StridedAccess {
  readonly kind: "load" | "store";
  readonly buffer: number;
  readonly form: LinearForm;
  /** Some dimension is computed at run time. */
  readonly isDynamic: boolean;
}

/** The distinct accesses of a nest. */
export function accessesOf(nest: Nest): StridedAccess[] {
  const found = new Map<string, StridedAccess>();
  const add = (access: StridedAccess): void => {
    found.set(JSON.stringify(access), access);
  };
  const formOf = (buffer: number, index: Parameters<typeof linearForm>[0]): LinearForm =>
    linearForm(index, stridesOf(nest.buffers[buffer]!.shape), nest.axes.length);
  for (const node of nodesUnder(expressionsOf(nest)))
    if (node.kind === "load") {
      const isDynamic = node.index.some((index) => "dynamic" in index);
      add({ kind: "load", buffer: node.buffer, form: formOf(node.buffer, node.index), isDynamic });
    }
  for (const { buffer, index } of nest.stores)
    add({ kind: "store", buffer, form: formOf(buffer, index), isDynamic: false });
  return [...found.values()];
}
