import { TileworkError } from "../util/errors.ts";

/**
 * A worker died (it crashed, was ended from outside, or ran out of memory) or its kernel trapped. The promise of the
 * call under way is rejected with it; the next call starts fresh workers.
 */
export class WorkerError extends TileworkError {
  override name = "WorkerError";
  /** What became of the worker, for people. */
  readonly reason: string;

  constructor(reason: string, consequence = "the next call starts fresh workers") {
    super(`a worker stopped: ${reason}; ${consequence}`);
    this.reason = reason;
  }
}
