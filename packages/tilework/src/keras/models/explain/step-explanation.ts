import type { PlanExplanation } from "../../../compiler/explain/explain-plan.ts";
import type { Device, VectorInstructions } from "../../../runtime/device.ts";
import type { StepMode } from "../../training/step-program.ts";

/** A model's compiled step in numbers, as `model.explain` shows it. */
export interface StepExplanation extends PlanExplanation {
  readonly model: string;
  readonly mode: StepMode;
  readonly batchSize: number;
  readonly device: Device["name"];
  readonly threads: number;
  readonly instructions: VectorInstructions | undefined;
  /** Operations of the program, where the device interprets it and there are no kernels and no plan. */
  readonly interpreted?: number;
  /** Bytes of the model's weights, and of what its optimizer keeps. */
  readonly parameterBytes: number;
  readonly optimizerBytes: number;
  /** Bytes that the scratch memory may have; undefined where nobody counts them. */
  readonly availableBytes: number | undefined;
  readonly times: StepTimes | undefined;
}

export interface StepTimes {
  /** Milliseconds of a step as training runs it. */
  readonly step: number;
  /** Milliseconds of each kernel, with a barrier after each. */
  readonly kernels: readonly number[];
}

const modeNames: Readonly<Record<StepMode, string>> = {
  train: "training step",
  test: "evaluation step",
  predict: "prediction step",
};

const instructionNames: Readonly<Record<VectorInstructions, string>> = {
  avx512: "AVX-512",
  avx2: "AVX2",
  "relaxed-simd": "relaxed SIMD",
  simd128: "SIMD",
};

/** The first line of every report. */
export function headingOf(explanation: StepExplanation): string {
  const { model, mode, batchSize, device, threads, instructions } = explanation;
  const vectors = instructions === undefined ? "" : ` (${instructionNames[instructions]})`;
  return `"${model}": ${modeNames[mode]}, batch size ${batchSize}, device ${device}${vectors}, ${counted(threads, "thread")}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** One cell a column of `kernelTitles`; a last one or two with the time where it was measured. */
export function kernelCells(explanation: StepExplanation): string[][] {
  const sum = kernelTime(explanation);
  return explanation.kernels.map((kernel, at) => {
    const bytes = kernel.bytesRead + kernel.bytesWritten;
    const cells = [
      kernel.isPreparation ? `${kernel.stage}, once` : String(kernel.stage),
      kernel.origins.join(", "),
      operationNames(kernel.name),
      formatCount(kernel.operations),
      formatBytes(bytes),
      bytes === 0 ? "" : (kernel.operations / bytes).toFixed(2),
    ];
    const time = explanation.times?.kernels[at];
    if (time === undefined) return cells;
    const share = kernel.isPreparation ? "" : `${((100 * time) / sum).toFixed(1)} %`;
    return [...cells, microseconds(time), share];
  });
}

/** Milliseconds of a step's kernels, one by one; preparations are no part of it. */
function kernelTime({ kernels, times }: StepExplanation): number {
  return kernels.reduce(
    (sum, { isPreparation }, at) => sum + (isPreparation ? 0 : (times?.kernels[at] ?? 0)),
    0,
  );
}

export function kernelTitles({ times }: StepExplanation): string[] {
  const titles = ["Stage", "Layers", "Operations, fused", "FLOP", "Bytes", "FLOP/byte"];
  return times === undefined ? titles : [...titles, "µs", "Share"];
}

/** What follows the table. */
export function totalLines(explanation: StepExplanation): string[] {
  return explanation.interpreted === undefined
    ? planLines(explanation)
    : interpreterLines(explanation, explanation.interpreted);
}

function interpreterLines(explanation: StepExplanation, operations: number): string[] {
  return [
    `This device interprets the step's ${counted(operations, "operation")} one after the other with plain loops in ` +
      'float64: nothing is compiled, so there are no kernels and no memory plan; configure({ device: "wasm" }) shows ' +
      "what is compiled elsewhere",
    parameterLine(explanation),
  ];
}

function parameterLine({ parameterBytes, optimizerBytes }: StepExplanation): string {
  return `Parameters: ${formatBytes(parameterBytes)}, optimizer: ${formatBytes(optimizerBytes)}`;
}

function planLines(explanation: StepExplanation): string[] {
  const { times, arenaBytes, liveBytes, availableBytes, buffers } = explanation;
  const kernels = explanation.kernels.filter(({ isPreparation }) => !isPreparation);
  const operations = kernels.reduce((sum, kernel) => sum + kernel.operations, 0);
  const bytes = kernels.reduce((sum, kernel) => sum + kernel.bytesRead + kernel.bytesWritten, 0);
  const lines = [
    `Kernels: ${kernels.length} in ${counted(stagesOf(kernels), "stage")}, ${formatCount(operations)}FLOP, ` +
      `${formatBytes(bytes)} read and written, ${ratio(operations, bytes)} FLOP/byte`,
  ];
  if (times !== undefined)
    lines.push(
      `Time: ${formatTime(times.step)} a step, ${(operations / times.step / 1e6).toFixed(1)} GFLOP/s; kernel by ` +
        `kernel ${formatTime(kernelTime(explanation))}`,
    );
  lines.push(
    ...preparationLines(explanation),
    `Memory plan: ${formatBytes(arenaBytes)}, ${ratio(arenaBytes, liveBytes)} times the lower bound of ` +
      `${formatBytes(liveBytes)} (the largest sum of buffers alive in one of these stages)` +
      (availableBytes === undefined ? "" : `; ${formatBytes(availableBytes)} available`),
    ...sliceLines(explanation),
    parameterLine(explanation),
  );
  if (buffers.length > 0) lines.push(`Largest buffers: ${buffers.slice(0, 5).map(bufferText).join("; ")}`);
  return lines;
}

function preparationLines({ kernels, preparedBytes }: StepExplanation): string[] {
  const preparations = kernels.filter(({ isPreparation }) => isPreparation);
  if (preparations.length === 0) return [];
  return [
    `Preparations: ${counted(preparations.length, "kernel")} in ${counted(stagesOf(preparations), "stage")}, which run ` +
      `only when weights have changed and leave ${formatBytes(preparedBytes)} for all steps`,
  ];
}

function stagesOf(kernels: StepExplanation["kernels"]): number {
  return new Set(kernels.map(({ stage }) => stage)).size;
}

function bufferText({ name, origin, bytes, first, last }: StepExplanation["buffers"][number]): string {
  return `${origin}: ${name}, ${formatBytes(bytes)}, ${stagesText(first, last)}`;
}

function sliceLines({ slices, sliceBytes, liveSliceBytes, threads }: StepExplanation): string[] {
  if (slices.length === 0) return [];
  return [
    `Each worker's own: ${formatBytes(sliceBytes)} (${counted(threads, "worker")}), ${ratio(sliceBytes, liveSliceBytes)} times ` +
      `the lower bound, for parts of ${counted(slices.length, "buffer")} that live within a stage: ` +
      slices.slice(0, 3).map(sliceText).join("; "),
  ];
}

export function sliceText({ name, origin, bytes, stage }: StepExplanation["slices"][number]): string {
  return `${origin}: ${name}, ${formatBytes(bytes)}, stage ${stage}`;
}

export function stagesText(first: number, last: number): string {
  return first === last ? `stage ${first}` : `stages ${first} to ${last}`;
}

function ratio(a: number, b: number): string {
  return b === 0 ? "0.00" : (a / b).toFixed(2);
}

/** `a+b+a` as `a ×2 + b`. Names of several words stand for all their steps and are not counted. */
export function operationNames(name: string): string {
  const counts = new Map<string, number>();
  for (const part of name.split("+")) counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts]
    .map(([part, count]) => (count === 1 || part.includes(" ") ? part : `${part} ×${count}`))
    .join(" + ");
}

/** Milliseconds in microseconds, with what a clock can tell of them. */
function microseconds(milliseconds: number): string {
  const time = 1000 * milliseconds;
  return time < 100 ? time.toFixed(1) : time.toFixed(0);
}

function formatTime(milliseconds: number): string {
  if (milliseconds < 0.9995) return `${(1000 * milliseconds).toPrecision(3)} µs`;
  return milliseconds < 999.5 ? `${milliseconds.toPrecision(3)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** A count with three digits and a decimal prefix: `12.3 M`. */
export function formatCount(count: number): string {
  const prefixes = ["", "k", "M", "G", "T"];
  const power = Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return power === 0 ? `${count} ` : `${(count / 1000 ** power).toPrecision(3)} ${prefixes[power]}`;
}

/** Bytes with three digits and a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  const digits = power === 0 ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[power]}`;
}
