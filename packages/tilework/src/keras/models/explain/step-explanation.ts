import type { PlanExplanation } from "../../../compiler/explain/explain-plan.ts";
import type { StepMode } from "../../training/step-program.ts";

/** A model's compiled step in numbers, as `model.explain` shows it. */
export interface StepExplanation extends PlanExplanation {
  readonly model: string;
  readonly mode: StepMode;
  readonly batchSize: number;
  /** Name and number of threads. */
  readonly device: string;
  readonly threads: number;
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

/** The first line of every report. */
export function headingOf({ model, mode, batchSize, device, threads }: StepExplanation): string {
  const workers = `${threads} ${threads === 1 ? "thread" : "threads"}`;
  return `"${model}": ${modeNames[mode]}, batch size ${batchSize}, device ${device}, ${workers}`;
}

/** One cell a column of `kernelTitles`; a last one or two with the time where it was measured. */
export function kernelCells(explanation: StepExplanation): string[][] {
  const sum = explanation.times?.kernels.reduce((total, time) => total + time, 0) ?? 0;
  return explanation.kernels.map((kernel, at) => {
    const bytes = kernel.bytesRead + kernel.bytesWritten;
    const cells = [
      String(kernel.stage),
      kernel.origins.join(", "),
      operationNames(kernel.name),
      formatCount(kernel.operations),
      formatBytes(bytes),
      bytes === 0 ? "" : (kernel.operations / bytes).toFixed(2),
    ];
    const time = explanation.times?.kernels[at];
    if (time === undefined) return cells;
    return [...cells, time.toFixed(3), `${((100 * time) / sum).toFixed(1)} %`];
  });
}

export function kernelTitles({ times }: StepExplanation): string[] {
  const titles = ["Stage", "Layers", "Operations, fused", "FLOP", "Bytes", "FLOP/byte"];
  return times === undefined ? titles : [...titles, "ms", "Share"];
}

/** What follows the table. */
export function totalLines(explanation: StepExplanation): string[] {
  const { kernels, times, arenaBytes, liveBytes, availableBytes, buffers } = explanation;
  const operations = kernels.reduce((sum, kernel) => sum + kernel.operations, 0);
  const bytes = kernels.reduce((sum, kernel) => sum + kernel.bytesRead + kernel.bytesWritten, 0);
  const lines = [
    `Kernels: ${kernels.length} in ${explanation.stages} stages, ${formatCount(operations)}FLOP, ` +
      `${formatBytes(bytes)} read and written, ${ratio(operations, bytes)} FLOP/byte`,
  ];
  if (times !== undefined)
    lines.push(
      `Time: ${times.step.toFixed(3)} ms a step, ${(operations / times.step / 1e6).toFixed(1)} GFLOP/s; kernel by ` +
        `kernel ${times.kernels.reduce((sum, time) => sum + time, 0).toFixed(3)} ms`,
    );
  lines.push(
    `Memory plan: ${formatBytes(arenaBytes)}, ${ratio(arenaBytes, liveBytes)} times the lower bound of ` +
      `${formatBytes(liveBytes)} (the largest sum of buffers alive in one stage)` +
      (availableBytes === undefined ? "" : `; ${formatBytes(availableBytes)} available`),
    `Parameters: ${formatBytes(explanation.parameterBytes)}, optimizer: ${formatBytes(explanation.optimizerBytes)}`,
  );
  if (buffers.length > 0) lines.push(`Largest buffers: ${buffers.slice(0, 5).map(bufferText).join("; ")}`);
  return lines;
}

function bufferText({ name, origin, bytes, first, last }: StepExplanation["buffers"][number]): string {
  return `${origin}: ${name}, ${formatBytes(bytes)}, ${stagesText(first, last)}`;
}

export function stagesText(first: number, last: number): string {
  return first === last ? `stage ${first}` : `stages ${first} to ${last}`;
}

function ratio(a: number, b: number): string {
  return b === 0 ? "0.00" : (a / b).toFixed(2);
}

/** `a+a+b` as `a ×2 + b`. */
export function operationNames(name: string): string {
  const groups: { name: string; count: number }[] = [];
  for (const part of name.split("+")) {
    const last = groups.at(-1);
    if (last?.name === part) last.count++;
    else groups.push({ name: part, count: 1 });
  }
  return groups
    .map((group) => (group.count === 1 ? group.name : `${group.name} ×${group.count}`))
    .join(" + ");
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
