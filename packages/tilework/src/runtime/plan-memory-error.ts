import { type ExplainedBuffer, explainBuffers } from "../compiler/explain/explain-plan.ts";
import { type Plan, scratchBytes } from "../compiler/plan.ts";
import { TileworkError } from "../util/errors.ts";

const shownBuffers = 3;

/** Offsets inside one buffer take 31 bits. */
const largestBuffer = 2 ** 31;

/** A step was refused before it ran, because its plan does not fit the device's memory. */
export class PlanMemoryError extends TileworkError {
  override name = "PlanMemoryError";
  /** Bytes of scratch memory that the step needs. */
  readonly planBytes: number;
  /** Bytes that it could have. */
  readonly availableBytes: number;
  /** The step's buffers with their layers, largest first. */
  readonly buffers: readonly ExplainedBuffer[];
  /** The largest batch size that fits; 0 where none does, undefined where nobody asked. */
  readonly fittingBatchSize: number | undefined;

  constructor(
    planBytes: number,
    availableBytes: number,
    buffers: readonly ExplainedBuffer[],
    fittingBatchSize?: number,
  ) {
    const largest = buffers
      .slice(0, shownBuffers)
      .map(({ name, origin, bytes }) => `${origin}: ${name}, ${formatBytes(bytes)}`);
    super(
      `the step needs ${formatBytes(planBytes)} of memory, but ${formatBytes(availableBytes)} are available` +
        `${planBytes > availableBytes ? "" : ", and a single buffer can take 2 GB at most"}; ` +
        `its largest buffers are ${largest.join("; ")}.${mend(fittingBatchSize)}`,
    );
    this.planBytes = planBytes;
    this.availableBytes = availableBytes;
    this.buffers = buffers;
    this.fittingBatchSize = fittingBatchSize;
  }
}

function mend(batchSize: number | undefined): string {
  if (batchSize === undefined) return "";
  return batchSize > 0
    ? ` A batch size of ${batchSize} would fit.`
    : " Not even a batch size of 1 would fit; use smaller layers or images.";
}

function formatBytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** Whether a plan's scratch memory for so many workers fits, and each of its buffers into the reach of one. */
export function planFits(plan: Plan, availableBytes: number, workers: number): boolean {
  return (
    scratchBytes(plan, workers) <= availableBytes && plan.buffers.every(({ bytes }) => bytes < largestBuffer)
  );
}

/** Throws a PlanMemoryError for a plan that does not fit. */
export function checkPlanFits(plan: Plan, availableBytes: number, workers: number): void {
  if (!planFits(plan, availableBytes, workers))
    throw new PlanMemoryError(scratchBytes(plan, workers), availableBytes, explainBuffers(plan));
}
