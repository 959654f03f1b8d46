/**
 * How the batches of a pass over data become steps. A last, smaller batch either has a program of its own, or is
 * filled up with rows that a mask leaves out, where that gives the same results (up to rounding) and pays; then all
 * batches run by the one masked program.
 */
import { countOperations } from "../../compiler/explain/count-operations.ts";
import type { LoweredProgram } from "../../compiler/lower.ts";
import type { StepFeeds } from "../../runtime/device.ts";
import { maskFeeds } from "./step-program.ts";

/** Measured where a small network's program takes 60 to 100 ms to compile and has some 130 nests. */
const millisecondsPerNest = 0.6;

/** Two cores do about as many floating-point operations of a step, in machine code or WebAssembly. */
const operationsPerMillisecond = 1e8;

/** Passes over the data that a compiled program serves, at least. */
const passes = 10;

/**
 * Whether `spare` rows of every `rows` cost less than a second program, over ten passes. It depends on shapes alone,
 * so that results do not depend on the machine.
 */
export function fillingPays({ nests }: LoweredProgram, spare: number, rows: number): boolean {
  const operations = nests.reduce((sum, { nest }) => sum + countOperations(nest), 0);
  const milliseconds = (operations / operationsPerMillisecond) * (spare / rows);
  return passes * milliseconds < nests.length * millisecondsPerNest;
}

/** Batches as steps of `size` rows with a mask; with no size, as they are. */
export class FilledBatches {
  readonly size: number | undefined;
  readonly batches: readonly Uint32Array[];

  constructor(batches: readonly Uint32Array[], size: number | undefined) {
    this.batches = batches;
    this.size = size;
  }

  /** Whether steps are masked. */
  get masked(): boolean {
    return this.size !== undefined;
  }

  /** The rows of each step. */
  get steps(): readonly Uint32Array[] {
    const { size } = this;
    return size === undefined ? this.batches : this.batches.map((rows) => fillUp(rows, size));
  }

  /** The mask of a step. */
  feeds(step: number): StepFeeds {
    const { size } = this;
    if (size === undefined) return {};
    const count = this.batches[step]!.length;
    const counts = new Float32Array(size).fill(1, 0, count);
    return { [maskFeeds.counts]: counts, [maskFeeds.stretch]: Float32Array.of(size / count) };
  }
}

/** Rows up to a number of `length`, the last one repeated. */
export function fillUp(rows: Uint32Array, length: number): Uint32Array {
  if (rows.length === length) return rows;
  const all = new Uint32Array(length).fill(rows.at(-1)!);
  all.set(rows);
  return all;
}
