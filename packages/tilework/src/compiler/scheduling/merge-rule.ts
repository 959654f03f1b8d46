/** Which axes are contiguous in every access of a nest, so that two loops over them are one. */

import { rangeOf } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";
import { expressionsOf, nodesUnder } from "../../kernel/rewrite.ts";
import { accessForm, type LinearForm, linearForm } from "./linear-form.ts";

/** Whether `axis` may be merged into `into`, the next one; `sizes` may already be products of merged axes. */
export type MergeRule = (axis: number, into: number, sizes: readonly number[]) => boolean;

/** The rule of a nest: contiguous in every access and position, and in no table and no condition. */
export function mergeRule(nest: Nest): MergeRule {
  const count = nest.axes.length;
  const forms: LinearForm[] = [];
  const pinned = new Set<number>();
  const pin = (terms: readonly { readonly axis: number }[]): void => {
    for (const { axis } of terms) pinned.add(axis);
  };
  for (const guard of nest.guards) pin(guard.index.terms);
  for (const { buffer, index } of nest.stores) forms.push(accessForm(nest.buffers[buffer]!, index, count));
  for (const node of nodesUnder(expressionsOf(nest))) {
    if (node.kind === "position") forms.push(linearForm([node.index], [1], count));
    if (node.kind !== "load") continue;
    const buffer = nest.buffers[node.buffer]!;
    forms.push(accessForm(buffer, node.index, count));
    if (node.fill === undefined) continue;
    node.index.forEach((index, dimension) => {
      if ("dynamic" in index) return;
      const { min, max } = rangeOf(index, (axis) => nest.axes[axis]!.size);
      if (min < 0 || max >= buffer.shape[dimension]!) pin(index.terms);
    });
  }
  for (const form of forms) pin(form.tables);
  return (axis, into, sizes) =>
    !pinned.has(axis) &&
    !pinned.has(into) &&
    forms.every(({ strides }) => strides[axis] === sizes[into]! * strides[into]!);
}
