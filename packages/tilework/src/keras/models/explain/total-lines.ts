import { nameInWords } from "./in-words.ts";
import { kernelTime, type StepExplanation, stagesText } from "./step-explanation.ts";
import { counted, formatBytes, formatCount, formatTime, ratio } from "./units.ts";

/** Sums over the step; with `names` (the default) the largest buffers are named too. */
export function totalLines(
  explanation: StepExplanation,
  { names = true }: { readonly names?: boolean } = {},
): string[] {
  return explanation.interpreted === undefined
    ? planLines(explanation, names)
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

function planLines(explanation: StepExplanation, names: boolean): string[] {
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
      availableText(arenaBytes, availableBytes),
    ...sliceLines(explanation, names),
    parameterLine(explanation),
  );
  if (names && buffers.length > 0)
    lines.push(`Largest buffers: ${buffers.slice(0, 5).map(bufferText).join("; ")}`);
  return lines;
}

function availableText(bytes: number, available: number | undefined): string {
  if (available === undefined) return "";
  const refused = bytes > available ? ", so this step would be refused; a smaller batchSize takes less" : "";
  return `; ${formatBytes(available)} available${refused}`;
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
  return `${bufferName({ origin, name })}, ${formatBytes(bytes)}, ${stagesText(first, last)}`;
}

function sliceLines(
  { slices, sliceBytes, liveSliceBytes, threads }: StepExplanation,
  names: boolean,
): string[] {
  if (slices.length === 0) return [];
  return [
    `Each worker's own: ${formatBytes(sliceBytes)} (${counted(threads, "worker")}), ${ratio(sliceBytes, liveSliceBytes)} times ` +
      `the lower bound, for parts of ${counted(slices.length, "buffer")} that live within a stage${names ? `: ${slices.slice(0, 3).map(sliceText).join("; ")}` : ""}`,
  ];
}

function sliceText({ name, origin, bytes, stage }: StepExplanation["slices"][number]): string {
  return `${bufferName({ origin, name })}, ${formatBytes(bytes)}, stage ${stage}`;
}

/** The layers that write it and what it is; of an input its name. */
export function bufferName({ origin, name }: { readonly origin: string; readonly name: string }): string {
  return origin === name ? name : `${origin}: ${nameInWords(name)}`;
}
