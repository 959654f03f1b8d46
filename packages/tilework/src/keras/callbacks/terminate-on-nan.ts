import { Callback, type Logs } from "./callback.ts";

/**
 * Ends training at the batch whose loss is NaN or infinite (Keras's TerminateOnNaN). Without it `fit` rejects with a
 * `NonFiniteError` and takes the weights back to the start of the epoch; with it the weights stay as they are.
 */
export class TerminateOnNaN extends Callback {
  readonly late = true;

  onTrainBatchEnd(batch: number, logs: Logs): void {
    if (Number.isFinite(logs.loss ?? 0)) return;
    console.warn(`Batch ${batch}: Invalid loss, terminating training`);
    this.model.stopTraining = true;
  }
}

/** Makes a `TerminateOnNaN`. */
export function terminateOnNaN(): TerminateOnNaN {
  return new TerminateOnNaN();
}
