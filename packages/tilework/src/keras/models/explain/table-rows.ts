/** The report's tables: one row a kernel, or one row a layer with all its kernels. */
import { operationNames } from "./in-words.ts";
import { kernelTime, type StepExplanation } from "./step-explanation.ts";
import { formatBytes, formatCount, microseconds, ratio } from "./units.ts";

export interface Table {
  readonly titles: readonly string[];
  /** One cell a title. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of text, which may be wrapped. */
  readonly wrapped: readonly number[];
}

/** Where a step has more kernels, its table has one row a layer unless told otherwise. */
export const mostKernelRows = 100;

/** The time and share come where they were measured. */
export function kernelTable(explanation: StepExplanation): Table {
  const sum = kernelTime(explanation);
  const rows = explanation.kernels.map((kernel, at) => [
    kernel.isPreparation ? `${kernel.stage}, once` : String(kernel.stage),
    kernel.origins.join(", "),
    operationNames(kernel.name),
    ...workCells(kernel.operations, kernel.bytesRead + kernel.bytesWritten),
    ...timeCells(explanation.times?.kernels[at], kernel.isPreparation ? undefined : sum),
  ]);
  const titles = ["Stage", "Layers", "Operations, fused", ...workTitles(explanation)];
  return { titles, rows, wrapped: [1, 2] };
}

function workTitles({ times }: StepExplanation): string[] {
  const titles = ["FLOP", "Bytes", "FLOP/byte"];
  return times === undefined ? titles : [...titles, "µs", "Share"];
}

function workCells(operations: number, bytes: number): string[] {
  return [formatCount(operations).trimEnd(), formatBytes(bytes), bytes === 0 ? "" : ratio(operations, bytes)];
}

function timeCells(time: number | undefined, sum: number | undefined): string[] {
  if (time === undefined) return [];
  return [microseconds(time), sum === undefined ? "" : `${((100 * time) / sum).toFixed(1)} %`];
}

/** A sum over some of a step's kernels. */
export interface Work {
  kernels: number;
  operations: number;
  bytes: number;
  milliseconds: number;
}

/** Sums of a step's kernels by what `keyOf` says of each one's layers; preparations are left out. */
export function sumWork(
  { kernels, times }: StepExplanation,
  keyOf: (origins: readonly string[]) => string,
): Map<string, Work> {
  const sums = new Map<string, Work>();
  for (const [at, kernel] of kernels.entries()) {
    if (kernel.isPreparation) continue;
    const key = keyOf(kernel.origins);
    const sum = sums.get(key) ?? { kernels: 0, operations: 0, bytes: 0, milliseconds: 0 };
    sum.kernels++;
    sum.operations += kernel.operations;
    sum.bytes += kernel.bytesRead + kernel.bytesWritten;
    sum.milliseconds += times?.kernels[at] ?? 0;
    sums.set(key, sum);
  }
  return sums;
}

/** What a sum adds to a row, in the order of these titles. */
export function sumTitles(explanation: StepExplanation): string[] {
  return ["Kernels", ...workTitles(explanation)];
}

export function sumCells(explanation: StepExplanation, work: Work): string[] {
  const time = explanation.times === undefined ? undefined : work.milliseconds;
  return [
    String(work.kernels),
    ...workCells(work.operations, work.bytes),
    ...timeCells(time, kernelTime(explanation)),
  ];
}

/** Each kernel counts for the first of its layers; those that never come first stand behind the one that they are in. */
export function layerTable(explanation: StepExplanation): Table {
  const { layerKinds, kernels } = explanation;
  const sums = sumWork(explanation, ([first]) => first!);
  const inside = new Map<string, Set<string>>();
  for (const { origins } of kernels)
    for (const other of origins.slice(1))
      if (!sums.has(other) && layerKinds.has(other)) {
        const first = origins[0]!;
        inside.set(first, (inside.get(first) ?? new Set()).add(other));
      }
  const order = [...layerKinds.keys(), ...sums.keys()];
  const layers = [...sums].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const rows = layers.map(([layer, work]) => {
    const others = [...(inside.get(layer) ?? [])];
    return [
      others.length === 0 ? layer : `${layer} (with ${others.join(", ")})`,
      ...sumCells(explanation, work),
    ];
  });
  return { titles: ["Layer", ...sumTitles(explanation)], rows, wrapped: [0] };
}
