/**
 * Windows as nest indices. Forward, an output and a tap give an input position. Backward, the input axis is split
 * into q and phase, `position = stride·q + phase`: all positions of a phase are read by the same taps, which stand
 * `stride / gcd` apart, while their outputs stand `dilation / gcd` apart. Taps are counted from the last one back
 * ("flipped"), so that outputs ascend with them. A position outside its buffer is left out by a guard; a guard is
 * written only where the range can leave the buffer.
 */
import {
  addIndex,
  axisIndex,
  constantIndex,
  type Index,
  rangeOf,
  tableIndex,
} from "../../kernel/index-expression.ts";
import type { NestBuilder } from "../../kernel/nest-builder.ts";
import type { Reach } from "./each-tap.ts";
import { outputSize, type Window } from "./window.ts";

/** A space or reduction axis of a nest being built, with its size. */
export interface SizedAxis {
  readonly axis: number;
  readonly size: number;
}

/** `values[axis]`: constant or affine where the values are, else a table. */
export function valuesIndex(axis: number, values: readonly number[]): Index {
  const first = values[0]!;
  const step = values.length > 1 ? values[1]! - first : 0;
  const affine = values.every((value, at) => value === first + step * at);
  return affine ? axisIndex(axis, step, first) : tableIndex(axis, values);
}

/** A space axis over groups; none where there is only one. */
export function groupAxis(nest: NestBuilder, groups: number): Index {
  return groups > 1 ? axisIndex(nest.space("group", groups)) : constantIndex(0);
}

/** A space axis over a depthwise convolution's results of one channel; none where there is only one. */
export function multiplierAxis(nest: NestBuilder, multiplier: number): Index {
  return multiplier > 1 ? axisIndex(nest.space("multiplier", multiplier)) : constantIndex(0);
}

/** True where the index stays in [0, size) over all points of its axes. */
export function staysWithin(index: Index, size: number, axes: readonly SizedAxis[]): boolean {
  const range = rangeOf(index, (axis) => axes.find((sized) => sized.axis === axis)!.size);
  return range.min >= 0 && range.max < size;
}

/** Guards `0 <= index < size` unless that always holds. */
export function guardWithin(nest: NestBuilder, index: Index, size: number, axes: readonly SizedAxis[]): void {
  if (!staysWithin(index, size, axes)) nest.guard(index, size);
}

/** The input position that `tap` of `output` reads, guarded into an input of `inputSize` pixels. */
export function inputPosition(
  nest: NestBuilder,
  window: Window,
  inputSize: number,
  output: number,
  tap: number,
): Index {
  const index = addIndex(axisIndex(output, window.stride, -window.before), axisIndex(tap, window.dilation));
  guardWithin(nest, index, inputSize, [
    { axis: output, size: outputSize(inputSize, window) },
    { axis: tap, size: window.size },
  ]);
  return index;
}

/** Which taps read the positions of one phase, and where their outputs lie. */
interface Phase {
  /** The first flipped tap; the window's size where there is none, which no guard lets pass. */
  readonly tap: number;
  /** Its output, less q. */
  readonly output: number;
  readonly count: number;
}

function phaseOf({ size, stride, dilation, before }: Window, phase: number): Phase {
  const reads = (tap: number): boolean => (phase + before - dilation * tap) % stride === 0;
  const taps = Array.from({ length: size }, (_, tap) => tap).filter(reads);
  const last = taps.at(-1);
  if (last === undefined) return { tap: size, output: 0, count: 0 };
  return { tap: size - 1 - last, output: (phase + before - dilation * last) / stride, count: taps.length };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** An input axis as q and phase, with what its windows need. */
export interface InputAxis {
  /** The input position that these axes stand for. */
  readonly position: Index;
  /** The most windows that read one position, at least 1. */
  readonly overlap: number;
  /** Each position is read by just one tap (of a window that may lie outside the output). */
  readonly readOnce: boolean;
  /** The output index that reads the position through the t-th of its taps; t constant 0 where there is no axis. */
  output(t: SizedAxis | undefined): Index;
  /** That tap, counted from the last one. */
  flippedTap(t: SizedAxis | undefined): Index;
  readonly axes: readonly SizedAxis[];
}

/** Declares the space axes of one input axis, `q` and (where the stride is not 1) `phase`, and guards its end. */
export function inputAxis(nest: NestBuilder, name: string, window: Window, inputSize: number): InputAxis {
  const phaseCount = Math.min(window.stride, inputSize);
  const quotient: SizedAxis = {
    size: Math.ceil(inputSize / window.stride),
    axis: nest.space(name, Math.ceil(inputSize / window.stride)),
  };
  const phase: SizedAxis | undefined =
    phaseCount === 1 ? undefined : { size: phaseCount, axis: nest.space(`${name}Phase`, phaseCount) };
  const axes = phase === undefined ? [quotient] : [quotient, phase];
  const ofPhase = (values: readonly number[]): Index =>
    phase === undefined ? { offset: values[0]!, terms: [] } : valuesIndex(phase.axis, values);

  const phases = Array.from({ length: phaseCount }, (_, at) => phaseOf(window, at));
  const position = addIndex(axisIndex(quotient.axis, window.stride), ofPhase(phases.map((_, at) => at)));
  guardWithin(nest, position, inputSize, axes);
  const divisor = greatestCommonDivisor(window.stride, window.dilation);
  const steps = (t: SizedAxis | undefined, step: number): Index[] => (t ? [axisIndex(t.axis, step)] : []);
  return {
    position,
    axes,
    overlap: Math.max(1, ...phases.map(({ count }) => count)),
    readOnce: phases.every(({ count }) => count === 1),
    output: (t) =>
      addIndex(
        axisIndex(quotient.axis),
        ofPhase(phases.map(({ output }) => output)),
        ...steps(t, window.dilation / divisor),
      ),
    flippedTap: (t) => addIndex(ofPhase(phases.map(({ tap }) => tap)), ...steps(t, window.stride / divisor)),
  };
}

/** Declares the space axes of all input axes, outermost first. */
export function inputAxes(
  nest: NestBuilder,
  { windows, inputSizes }: { windows: readonly Window[]; inputSizes: readonly number[] },
): InputAxis[] {
  return windows.map((window, axis) => inputAxis(nest, `input${axis}`, window, inputSizes[axis]!));
}

/**
 * Declares a reduction axis over the taps that read each input axis, guarded into taps and outputs; that of `outer`
 * belongs to an outer level.
 */
export function readingTaps(
  nest: NestBuilder,
  inputs: readonly InputAxis[],
  {
    windows,
    outputSizes,
    outer,
  }: {
    readonly windows: readonly Window[];
    readonly outputSizes: readonly number[];
    readonly outer?: number | undefined;
  },
): { outputs: Index[]; flippedTaps: Index[] } {
  const taps = inputs.map(({ overlap: size }, axis) => {
    const name = `tap${axis}`;
    return { axis: axis === outer ? nest.outerReduction(name, size) : nest.reduction(name, size), size };
  });
  const outputs = inputs.map((input, axis) => input.output(taps[axis]));
  const flippedTaps = inputs.map((input, axis) => input.flippedTap(taps[axis]));
  inputs.forEach(({ axes }, axis) => {
    const all = [...axes, taps[axis]!];
    guardWithin(nest, outputs[axis]!, outputSizes[axis]!, all);
    guardWithin(nest, flippedTaps[axis]!, windows[axis]!.size, all);
  });
  return { outputs, flippedTaps };
}

/** What a window sees, for the reference device. */
export function reachOf(window: Window, inputSize: number): Reach {
  return Array.from({ length: outputSize(inputSize, window) }, (_, output) =>
    Array.from(
      { length: window.size },
      (_, tap) => [output * window.stride + tap * window.dilation - window.before, tap] as const,
    ).filter(([position]) => position >= 0 && position < inputSize),
  );
}
