import type { PlanExplanation } from "../../../compiler/explain/explain-plan.ts";
import type { Device, VectorInstructions } from "../../../runtime/device.ts";
import type { StepMode } from "../../training/step-program.ts";
import { counted } from "./units.ts";

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
  /** The class of each layer by its name, in the model's order. */
  readonly layerKinds: ReadonlyMap<string, string>;
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

/** Milliseconds of a step's kernels, one by one; preparations are no part of it. */
export function kernelTime({ kernels, times }: StepExplanation): number {
  return kernels.reduce(
    (sum, { isPreparation }, at) => sum + (isPreparation ? 0 : (times?.kernels[at] ?? 0)),
    0,
  );
}

export function stagesText(first: number, last: number): string {
  return first === last ? `stage ${first}` : `stages ${first} to ${last}`;
}

/** Whether something needs the buffer in that stage. */
export function isAlive({ first, last }: StepExplanation["buffers"][number], stage: number): boolean {
  return first <= stage && stage <= last;
}
