import { type ExplainedBuffer, explainBuffers, explainVariables } from "../compiler/explain/explain-plan.ts";
import { type Plan, scratchBytes } from "../compiler/plan.ts";
import { TileworkError } from "../util/errors.ts";

const shownBuffers = 3;

/** Offsets inside one buffer take 31 bits. */
const largestBuffer = 2 ** 31;

export interface PlanMemory {
  /** Bytes that the step needs beyond what is in memory. */
  readonly planBytes: number;
  /** Bytes that it could have. */
  readonly availableBytes: number;
  /** The step's buffers with their layers, and variables too large for one, largest first. */
  readonly buffers: readonly ExplainedBuffer[];
  /** Left out where nobody asked. */
  readonly fittingBatchSize?: number | undefined;
  /** What needs the memory; default: the step. */
  readonly subject?: string | undefined;
}

/** A step, or a model's weights, were refused before anything ran, because they do not fit the device's memory. */
export class PlanMemoryError extends TileworkError {
  override name = "PlanMemoryError";
  /** Bytes of memory that the step needs beside what is there: scratch, data, the optimizer's variables. */
  readonly planBytes: number;
  /** Bytes that it could have. */
  readonly availableBytes: number;
  /** The step's buffers with their layers, largest first. */
  readonly buffers: readonly ExplainedBuffer[];
  /** The largest batch size that fits; 0 where none does, undefined where nobody asked. */
  readonly fittingBatchSize: number | undefined;

  constructor({ planBytes, availableBytes, buffers, fittingBatchSize, subject = "the step" }: PlanMemory) {
    const shown = (buffer: ExplainedBuffer): string =>
      `${buffer.origin === buffer.name ? "" : `${buffer.origin}: `}${buffer.name}, ${formatBytes(buffer.bytes)}`;
    const largest = buffers.slice(0, shownBuffers).map(shown);
    const tooLarge = buffers.find(({ bytes }) => !fitsBuffer(bytes));
    const reasons = [
      `${subject} needs ${formatBytes(planBytes)} of memory, but ${formatBytes(availableBytes)} are available`,
      ...(planBytes > availableBytes || tooLarge !== undefined ? [] : [", and they do not lie together"]),
      ...(tooLarge === undefined
        ? []
        : [`, and a single buffer can take 2 GB at most, but there is ${shown(tooLarge)}`]),
      ...(largest.length === 0 ? [] : [`; the largest parts are ${largest.join("; ")}`]),
    ];
    super(`${reasons.join("")}.${mend(fittingBatchSize)}`);
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
    : " Not even a batch size of 1 would fit; use smaller layers or images, or less data at a time.";
}

function formatBytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** Whether a buffer of that size is within the reach of one. */
export function fitsBuffer(bytes: number): boolean {
  return bytes < largestBuffer;
}

/** Whether each of a plan's buffers, variables and inputs too, is within the reach of one. */
export function buffersFit(plan: Plan): boolean {
  return plan.buffers.every(({ bytes }) => fitsBuffer(bytes));
}

/** The refusal of a plan that needs so many bytes. */
export function planRefusal(
  plan: Plan,
  planBytes: number,
  availableBytes: number,
  fittingBatchSize?: number,
): PlanMemoryError {
  const oversized = explainVariables(plan).filter(({ bytes }) => !fitsBuffer(bytes));
  const extra = oversized.reduce((sum, { bytes }) => sum + bytes, 0);
  const buffers = [...oversized, ...explainBuffers(plan)].sort((a, b) => b.bytes - a.bytes);
  return new PlanMemoryError({ planBytes: planBytes + extra, availableBytes, buffers, fittingBatchSize });
}

/** Throws a PlanMemoryError for a plan whose own memory for so many workers alone does not fit. */
export function checkPlanFits(plan: Plan, availableBytes: number, workers: number): void {
  const bytes = scratchBytes(plan, workers) + plan.preparedBytes;
  if (bytes > availableBytes || !buffersFit(plan)) throw planRefusal(plan, bytes, availableBytes);
}
