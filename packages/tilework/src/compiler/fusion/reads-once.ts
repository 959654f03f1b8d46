import type { Load } from "../../kernel/access.ts";
import { axesOf, type Index } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";

/** Whether each point of the nest loads another element: every axis that is longer than 1 takes part. */
export function readsOnce(nest: Nest, load: Load): boolean {
  const axes = new Set<number>();
  for (const index of load.index) {
    if ("dynamic" in index) return false;
    const own = [...axesOf(index)].filter((axis) => nest.axes[axis]!.size > 1);
    if (own.length > 1 && !isMixedRadix(nest, index)) return false;
    for (const axis of own) axes.add(axis);
  }
  return nest.axes.every((axis, at) => axis.size === 1 || axes.has(at));
}

/** Whether the axes count like digits (chunks and places in a chunk), so that no two points meet; windows overlap. */
function isMixedRadix(nest: Nest, { terms }: Index): boolean {
  let reach = 0;
  const digits = terms.flatMap((term) =>
    "stride" in term ? [{ ...term, size: nest.axes[term.axis]!.size }] : [],
  );
  for (const { stride, size } of digits.sort((a, b) => a.stride - b.stride)) {
    if (stride <= reach) return false;
    reach += stride * (size - 1);
  }
  return digits.length === terms.length;
}
