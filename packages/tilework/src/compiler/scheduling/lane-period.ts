/**
 * How tables along a vector axis repeat. Two axes that lie across vectors as one (pixels and their few channels)
 * address memory by tables whose differences repeat after each pixel. A tile of whole periods finds its elements at
 * the same distances from its first one wherever it starts, so that these are constants of the code.
 */
import type { Nest } from "../../kernel/nest.ts";
import { expressionsOf, nodesUnder } from "../../kernel/rewrite.ts";
import { stridesOf } from "../../tensor/shape.ts";
import { type LinearForm, linearForm } from "./linear-form.ts";

/** The fewest points after which the differences of all addresses along the axis repeat: 1 where they are affine. */
export function lanePeriod(nest: Nest, axis: number): number {
  const { size } = nest.axes[axis]!;
  return addressForms(nest)
    .flatMap(({ tables }) => tables.filter((term) => term.axis === axis))
    .reduce((period, { table }) => leastCommonMultiple(period, periodOf(table.slice(0, size))), 1);
}

function addressForms(nest: Nest): LinearForm[] {
  const loads = nodesUnder(expressionsOf(nest)).flatMap((node) => (node.kind === "load" ? [node] : []));
  return [...loads, ...nest.stores].map(({ buffer, index }) =>
    linearForm(index, stridesOf(nest.buffers[buffer]!.shape), nest.axes.length),
  );
}

function periodOf(table: readonly number[]): number {
  for (let period = 1; period < table.length; period++) {
    const step = table[period]! - table[0]!;
    if (table.every((value, at) => at < period || value - table[at - period]! === step)) return period;
  }
  return table.length;
}

function leastCommonMultiple(x: number, y: number): number {
  return (x * y) / greatestCommonDivisor(x, y);
}

function greatestCommonDivisor(x: number, y: number): number {
  return y === 0 ? x : greatestCommonDivisor(y, x % y);
}

/**
 * The vector registers that hold whole periods: a tile has a multiple of these unless it is the only one. 1 where
 * any tile will do.
 */
export function laneQuantum(period: number, lanes: number): number {
  return period / greatestCommonDivisor(period, lanes);
}
