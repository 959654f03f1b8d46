import { addIndex, axisIndex, type Index, substitute } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";
import { expressionsOf, mapIndices, nodesUnder } from "../../kernel/rewrite.ts";

/**
 * The nest with a space axis as two, one behind the other: blocks of `inner` values, a divisor of its size, and within
 * a block, which the axis itself becomes. Undefined where a guard or a table depends on the axis.
 */
export function splitAxis(nest: Nest, axis: number, inner: number): Nest | undefined {
  const blocks = nest.axes.length;
  const whole = addIndex(axisIndex(blocks, inner), axisIndex(axis));
  const isOn = ({ terms }: Index): boolean => terms.some((term) => term.axis === axis);
  const isTabled = ({ terms }: Index): boolean => terms.some((term) => term.axis === axis && "table" in term);
  if (nest.guards.some(({ index }) => isOn(index)) || indicesOf(nest).some(isTabled)) return undefined;
  const move = (index: Index): Index =>
    substitute(index, (each) => (each === axis ? whole : axisIndex(each)))!;
  const { name, size } = nest.axes[axis]!;
  return {
    ...mapIndices(nest, move),
    axes: [
      ...nest.axes.map((each, at) => (at === axis ? { name, size: inner } : each)),
      { name: `${name}Block`, size: size / inner },
    ],
    space: nest.space.flatMap((each) => (each === axis ? [blocks, axis] : [each])),
  };
}

function indicesOf(nest: Nest): Index[] {
  const ofNodes = nodesUnder(expressionsOf(nest)).flatMap((node) => {
    if (node.kind === "position") return [node.index];
    return node.kind === "load" ? node.index.flatMap((at) => ("dynamic" in at ? [] : [at])) : [];
  });
  return [...ofNodes, ...nest.stores.flatMap(({ index }) => index)];
}
