import { TileworkError } from "../../util/errors.ts";

export interface NonFinitePlace {
  /** Index of the epoch and of the batch within it, from 0, as callbacks count. */
  readonly epoch: number;
  readonly batch: number;
  /** The first layer, in the order of computation, whose result was not finite; undefined when none was. */
  readonly layer: string | undefined;
}

/**
 * Training turned NaN or infinite. `fit` rejects with it; weights and optimizer are as they were when that epoch
 * began.
 */
export class NonFiniteError extends TileworkError {
  override name = "NonFiniteError";
  readonly epoch: number;
  readonly batch: number;
  readonly layer: string | undefined;

  constructor(loss: number, { epoch, batch, layer }: NonFinitePlace, hint: string) {
    const where = layer === undefined ? "the loss itself" : `the layer "${layer}"`;
    super(
      `the loss became ${loss} in epoch ${epoch + 1} at batch ${batch}; first in ${where}. ` +
        `Weights and optimizer are as they were when the epoch began. ${hint}`,
    );
    this.epoch = epoch;
    this.batch = batch;
    this.layer = layer;
  }
}
