/** Which elements a nest's accesses touch, found by visiting every point: the plain counterpart of the proof. */
import type { Expression, LoadIndex } from "../kernel/expression.ts";
import { evaluateIndex } from "../kernel/index-expression.ts";
import { guardsOfLevel, type Nest } from "../kernel/nest.ts";
import { nodesUnder } from "../kernel/rewrite.ts";

export interface AccessRange {
  readonly what: "load" | "store";
  readonly buffer: number;
  readonly index: readonly LoadIndex[];
  /** Smallest and largest index of each dimension over the points that take part; undefined where dynamic. */
  readonly ranges: readonly ({ min: number; max: number } | undefined)[];
}

/** Ranges of all stores and of all loads without fill. */
export function accessRanges(nest: Nest): AccessRange[] {
  const stores = nest.levels.length;
  const found: AccessRange[] = nest.stores.map((store) => measure(nest, stores, { what: "store", ...store }));
  const scopes = nest.levels.map((level) =>
    level.reductions.flatMap((each) => (each.op === "argmax" ? [each.value, each.position] : [each.value])),
  );
  [...scopes, nest.stores.map((store) => store.value)].forEach((roots: readonly Expression[], at) => {
    for (const node of nodesUnder(roots))
      if (node.kind === "load" && node.fill === undefined)
        found.push(measure(nest, at, { what: "load", ...node }));
  });
  return found;
}

function measure(
  nest: Nest,
  level: number,
  { what, buffer, index }: { what: "load" | "store"; buffer: number; index: readonly LoadIndex[] },
): AccessRange {
  const ranges = index.map((each) =>
    "dynamic" in each ? undefined : { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY },
  );
  visitPoints(nest, level, (point) => {
    index.forEach((each, dimension) => {
      if ("dynamic" in each) return;
      const range = ranges[dimension]!;
      const at = evaluateIndex(each, point);
      range.min = Math.min(range.min, at);
      range.max = Math.max(range.max, at);
    });
  });
  return { what, buffer, index, ranges };
}

/** Visits all points of the space and of the levels from `level` on where the guards that apply there hold. */
export function visitPoints(nest: Nest, level: number, visit: (point: readonly number[]) => void): void {
  const levels = nest.levels.map((_, at) => at).filter((at) => at >= level);
  const axes = [...nest.space, ...levels.flatMap((at) => nest.levels[at]!.axes)];
  const guards = [...levels, nest.levels.length].flatMap((at) => guardsOfLevel(nest, at));
  const point = nest.axes.map(() => 0);
  const walk = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      const passes = guards.every(({ index, size }) => {
        const value = evaluateIndex(index, point);
        return value >= 0 && value < size;
      });
      if (passes) visit(point);
      return;
    }
    for (let value = 0; value < nest.axes[axis]!.size; value++) {
      point[axis] = value;
      walk(depth + 1);
    }
  };
  walk(0);
}
