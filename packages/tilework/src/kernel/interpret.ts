/**
 * Runs a nest literally as nest.ts defines it, point by point, bit for bit: the oracle of the printers' tests.
 */
import { sizeOf, stridesOf } from "../tensor/shape.ts";
import { invariant } from "../util/errors.ts";
import { compileExpressions, type EvaluateOptions, type LeafReader } from "./evaluate-expression.ts";
import type { Expression, LoadIndex, ScalarType } from "./expression.ts";
import { slotTypes, type TypeContext } from "./expression-type.ts";
import { evaluateIndex } from "./index-expression.ts";
import { foldersOf, operandsOfLevel } from "./interpret-reductions.ts";
import {
  type Buffer,
  type Guard,
  guardsOfLevel,
  type Nest,
  slotsOf,
  storageOf,
  virtualLanes,
} from "./nest.ts";

/** The elements of a buffer: uint8 and bool in bytes. */
export type Elements = Float32Array | Int32Array | Uint8Array;

/** Runs all points of the nest. `memory` gives the elements of a buffer that owns its memory. */
export function interpretNest(
  nest: Nest,
  memory: (buffer: Buffer) => Elements,
  options: EvaluateOptions = {},
): void {
  const point = new Int32Array(nest.axes.length);
  const elements = nest.buffers.map((buffer) => {
    const data = memory(storageOf(buffer));
    invariant(
      data.length >= sizeOf(buffer.shape),
      `${nest.name}: ${buffer.name} has ${data.length} elements`,
    );
    return data;
  });
  const accumulators = nest.levels.map((level) => new Float64Array(slotsOf(level)));
  const leaf = leafReader(nest, elements, point, accumulators);
  const types: ScalarType[][] = [];
  const runLevels = nest.levels.map((level, at) => {
    const context: TypeContext = { buffers: nest.buffers, accumulators: [...types] };
    const compiled = compileExpressions(operandsOfLevel(level, context), context, leaf, options);
    const slots = accumulators[at]!;
    const folders = foldersOf(level, context, compiled, slots, options);
    types.push(slotTypes(level, context));
    return { level, compiled, folders, guards: guardsOfLevel(nest, at) };
  });
  const stored = compileExpressions(
    nest.stores.map((store) => store.value),
    { buffers: nest.buffers, accumulators: types },
    leaf,
    options,
  );
  const stores = nest.stores.map(({ buffer, index, value }) => ({
    to: elements[buffer]!,
    address: addressOf(nest.buffers[buffer]!, index, point),
    slot: stored.slotOf(value),
  }));

  const runLevel = (at: number): void => {
    const { level, compiled, folders, guards } = runLevels[at]!;
    const last = level.axes.at(-1);
    for (const folder of folders) folder.start();
    forEachPoint(nest, level.axes, point, () => {
      if (!guards.every((guard) => holds(guard, point))) return;
      if (at > 0) runLevel(at - 1);
      compiled.run();
      const lane = level.lanes ? point[last!]! % virtualLanes : 0;
      for (const folder of folders) folder.step(lane);
    });
    for (const folder of folders) folder.finish();
  };
  const spaceGuards = guardsOfLevel(nest, nest.levels.length);
  forEachPoint(nest, nest.space, point, () => {
    if (!spaceGuards.every((guard) => holds(guard, point))) return;
    if (nest.levels.length > 0) runLevel(nest.levels.length - 1);
    stored.run();
    for (const { to, address, slot } of stores) to[address()] = stored.slots[slot]!;
  });
}

/** Visits all points of some axes in lexicographic order, the first axis slowest. */
function forEachPoint(nest: Nest, axes: readonly number[], point: Int32Array, visit: () => void): void {
  const walk = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      visit();
      return;
    }
    for (let value = 0; value < nest.axes[axis]!.size; value++) {
      point[axis] = value;
      walk(depth + 1);
    }
  };
  walk(0);
}

function holds({ index, size }: Guard, point: Int32Array): boolean {
  const value = evaluateIndex(index, point);
  return value >= 0 && value < size;
}

function leafReader(
  nest: Nest,
  elements: readonly Elements[],
  point: Int32Array,
  accumulators: readonly Float64Array[],
): LeafReader {
  return (node, slotOf, slots) => {
    if (node.kind === "position") return () => evaluateIndex(node.index, point);
    if (node.kind === "accumulator") {
      const values = accumulators[node.level]!;
      return () => values[node.slot]!;
    }
    invariant(node.kind === "load", `${node.kind} is no leaf`);
    const from = elements[node.buffer]!;
    const buffer = nest.buffers[node.buffer]!;
    const dynamic = (operand: Expression): number => slots[slotOf(operand)]!;
    const address = addressOf(buffer, node.index, point, dynamic);
    const { fill } = node;
    if (fill === undefined) return () => from[address()]!;
    const outside = isOutside(buffer, node.index, point);
    const filled = buffer.dtype === "float32" ? Math.fround(fill) : fill | 0;
    return () => (outside() ? filled : from[address()]!);
  };
}

/** The element's number at the current point. */
function addressOf(
  buffer: Buffer,
  index: readonly LoadIndex[],
  point: Int32Array,
  dynamic?: (operand: Expression) => number,
): () => number {
  const strides = stridesOf(buffer.shape);
  return () => {
    let address = 0;
    for (let dimension = 0; dimension < index.length; dimension++) {
      const each = index[dimension]!;
      const size = buffer.shape[dimension]!;
      const at =
        "dynamic" in each
          ? Math.max(0, Math.min(size - 1, dynamic!(each.dynamic)))
          : evaluateIndex(each, point);
      if (at < 0 || at >= size)
        invariant(
          false,
          `access of ${buffer.name}: index ${at} outside dimension ${dimension} of size ${size}`,
        );
      address += at * strides[dimension]!;
    }
    return address;
  };
}

function isOutside(buffer: Buffer, index: readonly LoadIndex[], point: Int32Array): () => boolean {
  return () =>
    index.some((each, dimension) => {
      if ("dynamic" in each) return false;
      const at = evaluateIndex(each, point);
      return at < 0 || at >= buffer.shape[dimension]!;
    });
}
