/**
 * Lays the images of a contraction with few results out along their rows.
 *
 * Where a convolution computes one or three channels, these fill few lanes of a vector, while the pixels, which could
 * fill it, stand a whole pixel's channels apart in memory. A copy nest exchanges the innermost axis (what is summed)
 * with the one before it (the pixels of a row); the contraction then runs over vectors of pixels. No arithmetic changes.
 */
import { type Load, plainAxis } from "../kernel/access.ts";
import type { LoadIndex } from "../kernel/expression.ts";
import { axesOf, axisIndex, type Index, strideAlong } from "../kernel/index-expression.ts";
import type { Buffer, Nest } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { expressionsOf, mapExpressions, nodesUnder, rewriter } from "../kernel/rewrite.ts";
import { sizeOf } from "../tensor/shape.ts";
import { compactNest } from "./fusion/merge-nests.ts";
import type { OriginNest } from "./lower.ts";
import { estimateCycles } from "./schedule-nest.ts";
import { pointsOf } from "./scheduling/nest-work.ts";
import { storesOf } from "./scheduling/strided-access.ts";
import type { Target } from "./target.ts";
import { uncrowded } from "./uncrowded.ts";

/** Of a vector, results that fill more are better off as they are. */
const FEW_RESULTS = 0.5;
/** What a masked step costs more than another; with AVX-512 the gain allows for it. */
const MASKED = { x64: 0, wasm: 4 } as const;
/** Cycles that another nest takes to start. */
const STARTING = 400;
/** An element must be read at least this often to pay for being copied. */
const FEWEST_READS = 4;
/** What turning must leave of the cycles by the cost model, which does not see masks at the images' borders. */
const CLEAR_GAIN = 0.5;

/** The nests, with a copying nest before each contraction that gains by one. */
export function turnOperands(nests: readonly OriginNest[], target: Target): OriginNest[] {
  return nests.flatMap(({ nest, origin }) =>
    turnOperand(nest, target).map((part) => ({ nest: part, origin })),
  );
}

function turnOperand(nest: Nest, target: Target): Nest[] {
  const strided = laneLoad(nest);
  const load = strided ?? turnableLoad(nest, target.lanes);
  if (load === undefined) return [nest];
  const source = nest.buffers[load.buffer]!;
  const isRare = strided === undefined && readsOf(nest) < FEWEST_READS * sizeOf(source.shape);
  if (isRare) return [nest];
  const turned: Buffer = {
    name: `${source.name}.turned`,
    dtype: source.dtype,
    shape: uncrowded(exchanged(source.shape)),
  };
  const ways = [copyNest(source, turned), readTurned(nest, load.buffer, turned)];
  const [copying, computing] = ways.map((way) => estimateCycles(way, target)) as [number, number];
  const factor = strided === undefined ? borderFactor(nest, load, target) : 1;
  const gain = strided === undefined ? CLEAR_GAIN : 1;
  const cycles = copying + computing * factor + (strided === undefined ? 0 : STARTING);
  return cycles < gain * estimateCycles(nest, target) ? ways : [nest];
}

/** How much longer vectors of pixels take because those at the ends of a row are masked. */
function borderFactor(nest: Nest, load: Load, { lanes, printer }: Target): number {
  const pixel = load.index.at(-2) as Index;
  const row = nest.space.find((axis) => strideAlong(pixel, axis) === 1)!;
  const isGuarded = nest.guards.some(({ index }) => axesOf(index).has(row));
  const vectors = Math.ceil(nest.axes[row]!.size / lanes);
  return isGuarded ? 1 + MASKED[printer] * Math.min(1, 2 / vectors) : 1;
}

/** The operand whose elements along the lanes of a sum lie as far apart as there are elements along the axis after it. */
function laneLoad(nest: Nest): Load | undefined {
  const [level] = nest.levels;
  const lanes = level?.lanes ? level.axes.at(-1) : undefined;
  if (lanes === undefined || nest.levels.length > 1) return undefined;
  const loads = nodesUnder(expressionsOf(nest)).filter((node): node is Load => node.kind === "load");
  return loads.find((load) => {
    const [summed, column] = load.index.slice(-2) as [LoadIndex, LoadIndex];
    if (load.index.length < 2 || "dynamic" in summed || "dynamic" in column) return false;
    const along = plainAxis(column);
    if (strideAlong(summed, lanes) !== 1 || along === undefined || along === lanes) return false;
    if (loads.some((other) => other !== load && other.buffer === load.buffer)) return false;
    return nest.axes[along]!.size > 1 && nest.buffers[load.buffer]!.viewOf === undefined;
  });
}

/** How often the nest's points read one of its operands. */
function readsOf(nest: Nest): number {
  return pointsOf(nest, [...nest.space, ...nest.levels.flatMap((level) => level.axes)]);
}

/**
 * The images: read along what is summed, by all results but the few of a pixel; what others share (weights) is packed
 * in panels instead.
 */
function turnableLoad(nest: Nest, lanes: number): Load | undefined {
  const [level] = nest.levels;
  if (level === undefined || nest.levels.length > 1 || level.lanes) return undefined;
  const inner = innermostResult(nest);
  if (inner === undefined) return undefined;
  const isFew = nest.axes[inner]!.size <= FEW_RESULTS * lanes;
  const loads = nodesUnder(expressionsOf(nest)).filter((node): node is Load => node.kind === "load");
  return loads.find((load) => {
    const [pixel, summed] = load.index.slice(-2) as [LoadIndex, LoadIndex];
    if (load.index.length < 2 || "dynamic" in pixel || "dynamic" in summed) return false;
    const along = plainAxis(summed);
    if (along === undefined || !level.axes.includes(along)) return false;
    if (loads.some((other) => other !== load && other.buffer === load.buffer)) return false;
    const rows = nest.space.filter((axis) => strideAlong(pixel, axis) === 1);
    const others = nest.space.filter((axis) => nest.axes[axis]!.size > 1 && (axis !== inner || !isFew));
    const isRow = isFew ? rows.length > 0 && !isAlong(load, inner) : rows.includes(inner);
    return (
      isRow && others.every((axis) => isAlong(load, axis)) && nest.buffers[load.buffer]!.viewOf === undefined
    );
  });
}

/** The axis along which the results lie in a row; a single result's pixels count as one of its axes. */
function innermostResult(nest: Nest): number | undefined {
  const stores = storesOf(nest);
  return nest.space.find(
    (axis) => nest.axes[axis]!.size > 1 && stores.every(({ form }) => form.strides[axis] === 1),
  );
}

function isAlong(load: Load, axis: number): boolean {
  return load.index.some((index) => !("dynamic" in index) && axesOf(index).has(axis));
}

const exchanged = <T>(list: readonly T[]): T[] => [...list.slice(0, -2), list.at(-1)!, list.at(-2)!];

function copyNest(source: Buffer, turned: Buffer): Nest {
  const copy = new NestBuilder(`turn ${source.name}`);
  const to = exchanged(source.shape).map((size, dimension) => axisIndex(copy.space(`d${dimension}`, size)));
  copy.store(turned, to, copy.load(source, exchanged(to)));
  return copy.build();
}

function readTurned(nest: Nest, buffer: number, turned: Buffer): Nest {
  const mapped = mapExpressions(
    nest,
    rewriter((expression) =>
      expression.kind === "load" && expression.buffer === buffer
        ? { ...expression, buffer: nest.buffers.length, index: exchanged(expression.index) }
        : expression,
    ),
  );
  return compactNest({ ...mapped, buffers: [...nest.buffers, turned] });
}
