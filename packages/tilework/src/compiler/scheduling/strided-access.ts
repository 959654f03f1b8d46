import type { Expression } from "../../kernel/expression.ts";
import type { Nest } from "../../kernel/nest.ts";
import { nodesUnder } from "../../kernel/rewrite.ts";
import { stridesOf } from "../../tensor/shape.ts";
import type { Target } from "../target.ts";
import { laneWindows } from "./lane-windows.ts";
import { type LinearForm, linearForm } from "./linear-form.ts";

/** An access of a nest, in elements. */
export interface StridedAccess {
  readonly buffer: number;
  readonly form: LinearForm;
  /** Some dimension is computed at run time. */
  readonly isDynamic: boolean;
}

/** The distinct loads below some of the nest's expressions. */
export function loadsUnder(nest: Nest, roots: readonly Expression[]): StridedAccess[] {
  const found = new Map<string, StridedAccess>();
  for (const node of nodesUnder(roots)) {
    if (node.kind !== "load") continue;
    const isDynamic = node.index.some((index) => "dynamic" in index);
    const access = { buffer: node.buffer, form: formOf(nest, node.buffer, node.index), isDynamic };
    found.set(JSON.stringify(access), access);
  }
  return [...found.values()];
}

export function storesOf(nest: Nest): StridedAccess[] {
  return nest.stores.map(({ buffer, index }) => ({
    buffer,
    form: formOf(nest, buffer, index),
    isDynamic: false,
  }));
}

function formOf(nest: Nest, buffer: number, index: Parameters<typeof linearForm>[0]): LinearForm {
  return linearForm(index, stridesOf(nest.buffers[buffer]!.shape), nest.axes.length);
}

/** Whether the address changes along the axis. */
export function variesAlong({ form }: StridedAccess, axis: number): boolean {
  return form.strides[axis] !== 0 || form.tables.some((term) => term.axis === axis);
}

/** Whether neighbours along the axis are neighbours in memory, or the same element. */
export function isSmoothAlong({ form, isDynamic }: StridedAccess, axis: number): boolean {
  const stride = form.strides[axis]!;
  return !isDynamic && (stride === 0 || stride === 1) && form.tables.every((term) => term.axis !== axis);
}

/**
 * Loads of whole vectors whose lanes, permuted, make one vector of the access; undefined where it is lanes one by one.
 */
export function laneLoads(
  { form, isDynamic }: StridedAccess,
  axis: number,
  { lanes }: Target,
): number | undefined {
  const table = form.tables.find((term) => term.axis === axis)?.table;
  const count = Math.min(lanes, table?.length ?? lanes);
  const elements = Array.from(
    { length: count },
    (_, lane) => form.strides[axis]! * lane + (table?.[lane] ?? 0),
  );
  const windows = isDynamic ? undefined : laneWindows(elements, lanes)?.length;
  if (windows === undefined || (table === undefined && 2 * windows > lanes + 1)) return undefined;
  return windows;
}

/** Whether vectors along the axis are loaded whole, as they are or to be permuted. */
export function isNearAlong(access: StridedAccess, axis: number, target: Target): boolean {
  return isSmoothAlong(access, axis) || laneLoads(access, axis, target) !== undefined;
}
