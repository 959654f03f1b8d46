/** What a compiled program consists of, in numbers: its kernels in order and its memory. */
import type { Plan } from "../plan.ts";
import {
  type BufferLife,
  bufferLives,
  liveSliceBytes,
  partBytes,
  peakOf,
  preparedLives,
  sliceLives,
} from "./buffer-lives.ts";
import { countBytes, type Traffic } from "./count-bytes.ts";
import { countOperations } from "./count-operations.ts";

export interface ExplainedKernel {
  /** Number of its stage, from 0. */
  readonly stage: number;
  /** Whether it runs only when variables have changed. */
  readonly isPreparation: boolean;
  /** The operations fused into it, joined by `+` in the order of the data's way. */
  readonly name: string;
  /** The layers that it comes from. */
  readonly origins: readonly string[];
  /** Floating-point operations; a multiply-add is two. */
  readonly operations: number;
  /** Bytes of the distinct elements that it reads. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** A buffer in the step's scratch memory. */
export interface ExplainedBuffer {
  readonly name: string;
  /** The layers that write it; of an input its name. */
  readonly origin: string;
  readonly offset: number;
  readonly bytes: number;
  /** First and last stage that needs it, inclusive. */
  readonly first: number;
  readonly last: number;
}

/** A buffer of which each worker has the part that its task works on. `bytes` and `offset` are the part's. */
export interface ExplainedSlice extends ExplainedBuffer {
  readonly stage: number;
}

export interface PlanExplanation {
  readonly stages: number;
  readonly kernels: readonly ExplainedKernel[];
  /** Largest first. */
  readonly buffers: readonly ExplainedBuffer[];
  /** Size of the scratch memory that all workers share. */
  readonly arenaBytes: number;
  /** What preparations leave for all steps. */
  readonly preparedBytes: number;
  /** The buffers in that memory, largest first. */
  readonly prepared: readonly ExplainedBuffer[];
  /** The largest sum of bytes alive in one stage, which no plan of these stages can go below. */
  readonly liveBytes: number;
  /** The first stage where so much is alive. */
  readonly peakStage: number;
  /** The buffers of which each worker has its own part, largest first; `first` and `last` count a stage's kernels. */
  readonly slices: readonly ExplainedSlice[];
  /** Size of each worker's own scratch memory. */
  readonly sliceBytes: number;
  /** The largest sum of bytes alive in it at one kernel. */
  readonly liveSliceBytes: number;
  /** Bytes of the variables that the program reads or updates. */
  readonly variableBytes: number;
}

export function explainPlan(plan: Plan): PlanExplanation {
  const peak = peakOf(plan);
  const counts = new Map<number, Counts>();
  const kernels = plan.stages.flatMap((stage, at) =>
    stage.launches.map((launch): ExplainedKernel => {
      const known = counts.get(launch.kernel) ?? countsOf(plan, launch.kernel);
      counts.set(launch.kernel, known);
      return {
        stage: at,
        isPreparation: at < plan.preparations,
        name: launch.name,
        origins: launch.origin.split(", "),
        operations: known.operations,
        bytesRead: known.read,
        bytesWritten: known.written,
      };
    }),
  );
  return {
    stages: plan.stages.length,
    kernels,
    buffers: explainBuffers(plan),
    arenaBytes: plan.arenaBytes,
    preparedBytes: plan.preparedBytes,
    prepared: explainLives(plan, preparedLives(plan)),
    liveBytes: peak.bytes,
    peakStage: peak.at,
    slices: explainSlices(plan),
    sliceBytes: plan.sliceBytes,
    liveSliceBytes: liveSliceBytes(plan),
    variableBytes: plan.buffers.reduce(
      (sum, { bytes, placement }) => sum + (placement.region === "variable" ? bytes : 0),
      0,
    ),
  };
}

/** The floating-point operations of a step, preparations left out. */
export function countPlanOperations(plan: Plan): number {
  const counts = plan.kernels.map(({ nest }) => countOperations(nest));
  return plan.stages
    .slice(plan.preparations)
    .flatMap((stage) => stage.launches)
    .reduce((sum, launch) => sum + counts[launch.kernel]!, 0);
}

interface Counts extends Traffic {
  readonly operations: number;
}

function countsOf(plan: Plan, kernel: number): Counts {
  const { nest } = plan.kernels[kernel]!;
  return { operations: countOperations(nest), ...countBytes(nest) };
}

function explainSlices(plan: Plan): ExplainedSlice[] {
  const slices = sliceLives(plan).map(({ buffer: number, ...life }): ExplainedSlice => {
    const { buffer, placement } = plan.buffers[number]!;
    const offset = placement.region === "slice" ? placement.offset : 0;
    return { name: buffer.name, offset, bytes: partBytes(plan, number), ...life };
  });
  return slices.sort((a, b) => b.bytes - a.bytes || a.offset - b.offset);
}

/** The variables that the program reads or updates, as buffers that are there from the first stage to the last. */
export function explainVariables(plan: Plan): ExplainedBuffer[] {
  const last = Math.max(0, plan.stages.length - 1);
  return plan.buffers.flatMap(({ bytes, placement }): ExplainedBuffer[] => {
    if (placement.region !== "variable") return [];
    const { name } = placement.variable;
    return [{ name, origin: name, offset: 0, bytes, first: 0, last }];
  });
}

/** The buffers in the arena, largest first. */
export function explainBuffers(plan: Plan): ExplainedBuffer[] {
  return explainLives(plan, bufferLives(plan));
}

function explainLives(plan: Plan, lives: readonly BufferLife[]): ExplainedBuffer[] {
  const buffers = lives.map(({ buffer: number, origin, first, last }): ExplainedBuffer => {
    const { buffer, bytes, placement } = plan.buffers[number]!;
    const offset = "offset" in placement ? placement.offset : 0;
    return { name: buffer.name, origin: origin ?? buffer.name, offset, bytes, first, last };
  });
  return buffers.sort((a, b) => b.bytes - a.bytes || a.offset - b.offset);
}
