/** The interpreter's reductions: start values, order, lanes and NaN rules of nest.ts. */
import { invariant } from "../util/errors.ts";
import type { CompiledExpressions, EvaluateOptions } from "./evaluate-expression.ts";
import type { Expression } from "./expression.ts";
import { inferTypes, type TypeContext } from "./expression-type.ts";
import { fusedMultiplyAdd, multiplyThenAdd } from "./fused-multiply-add.ts";
import { type Level, type Reduction, virtualLanes } from "./nest.ts";

type Fold = (accumulator: number, value: number) => number;

const maximum: Fold = (accumulator, value) =>
  Number.isNaN(accumulator) ? accumulator : value > accumulator || Number.isNaN(value) ? value : accumulator;

const minimum: Fold = (accumulator, value) =>
  Number.isNaN(accumulator) ? accumulator : value < accumulator || Number.isNaN(value) ? value : accumulator;

const folds: Readonly<
  Record<"f32" | "i32", Readonly<Record<"add" | "max" | "min", { start: number; fold: Fold }>>>
> = {
  f32: {
    add: { start: 0, fold: (x, y) => Math.fround(x + y) },
    max: { start: Number.NEGATIVE_INFINITY, fold: maximum },
    min: { start: Number.POSITIVE_INFINITY, fold: minimum },
  },
  i32: {
    add: { start: 0, fold: (x, y) => (x + y) | 0 },
    max: { start: -0x80000000, fold: maximum },
    min: { start: 0x7fffffff, fold: minimum },
  },
};

/** One reduction at work: `step` folds the current point into a lane, `finish` leaves the results in the slots. */
export interface Folder {
  start(): void;
  step(lane: number): void;
  finish(): void;
}

function numericType(expression: Expression, context: TypeContext): "f32" | "i32" {
  const type = inferTypes([expression], context).get(expression)!;
  invariant(type !== "mask", "a mask cannot be reduced");
  return type;
}

/** The factors of a sum of float32 products, which accumulates by fused multiply-add. */
function factorsOf(reduction: Reduction, context: TypeContext): [Expression, Expression] | undefined {
  const { op, value } = reduction;
  const isProduct = op === "add" && value.kind === "binary" && value.op === "mul";
  return isProduct && numericType(value, context) === "f32" ? [value.x, value.y] : undefined;
}

/** What must be evaluated at each point of the level. */
export function operandsOfLevel(level: Level, context: TypeContext): Expression[] {
  return level.reductions.flatMap((reduction) => {
    if (reduction.op === "argmax") return [reduction.value, reduction.position];
    return factorsOf(reduction, context) ?? [reduction.value];
  });
}

/** The level's reductions, in order, leaving their results in `results`. */
export function foldersOf(
  level: Level,
  context: TypeContext,
  compiled: CompiledExpressions,
  results: Float64Array,
  { fused = true }: EvaluateOptions,
): Folder[] {
  let slot = 0;
  return level.reductions.map((reduction) => {
    const to = slot;
    slot += reduction.op === "argmax" ? 2 : 1;
    if (reduction.op === "argmax") return argmaxFolder(reduction, compiled, results, to);
    const { start, fold } = folds[numericType(reduction.value, context)][reduction.op];
    const factors = factorsOf(reduction, context);
    const lanes = new Float64Array(virtualLanes);
    let step: (lane: number) => void;
    if (factors === undefined) {
      const value = compiled.slotOf(reduction.value);
      step = (lane) => {
        lanes[lane] = fold(lanes[lane]!, compiled.slots[value]!);
      };
    } else {
      const [x, y] = factors.map(compiled.slotOf) as [number, number];
      const multiplyAdd = fused ? fusedMultiplyAdd : multiplyThenAdd;
      step = (lane) => {
        lanes[lane] = multiplyAdd(compiled.slots[x]!, compiled.slots[y]!, lanes[lane]!);
      };
    }
    return {
      start: () => lanes.fill(start),
      step,
      finish() {
        results[to] = level.lanes ? combineLanes(lanes, fold) : lanes[0]!;
      },
    };
  });
}

/** The fixed tree over 16 lanes: l with l + 8, then l + 4, l + 2, l + 1. */
function combineLanes(lanes: Float64Array, fold: Fold): number {
  for (let distance = virtualLanes / 2; distance >= 1; distance /= 2)
    for (let lane = 0; lane < distance; lane++) lanes[lane] = fold(lanes[lane]!, lanes[lane + distance]!);
  return lanes[0]!;
}

function argmaxFolder(
  reduction: Extract<Reduction, { op: "argmax" }>,
  compiled: CompiledExpressions,
  results: Float64Array,
  to: number,
): Folder {
  const value = compiled.slotOf(reduction.value);
  const position = compiled.slotOf(reduction.position);
  let isFirst = true;
  return {
    start() {
      isFirst = true;
      results[to] = Number.NEGATIVE_INFINITY;
      results[to + 1] = 0;
    },
    step() {
      const best = results[to]!;
      const offered = compiled.slots[value]!;
      const isBetter = offered > best || (Number.isNaN(offered) && !Number.isNaN(best));
      if (isFirst || isBetter) {
        results[to] = offered;
        results[to + 1] = compiled.slots[position]!;
      }
      isFirst = false;
    },
    finish() {},
  };
}
