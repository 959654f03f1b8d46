import { TileworkError } from "../../util/errors.ts";

export interface NonFinitePlace {
  /** Index of the epoch and of the batch within it, from 0, as callbacks count. */
  readonly epoch: number;
  readonly batch: number;
  /** The first layer, in the order of computation, whose result was not finite; undefined when none was. */
  readonly layer: string | undefined;
  /** The element of the batch's data that was not finite, such as `x[3][0] is NaN`; left out when all were. */
  readonly input?: string | undefined;
  /** Whether it was a single step, of `trainOnBatch`, instead of one of `fit`. Default false. */
  readonly single?: boolean;
}

/**
 * Training turned NaN or infinite. `fit` rejects with it, and weights and optimizer are as they were when that epoch
 * began; `trainOnBatch` rejects with it, and they are as they were before the call.
 */
export class NonFiniteError extends TileworkError {
  override name = "NonFiniteError";
  readonly epoch: number;
  readonly batch: number;
  readonly layer: string | undefined;

  constructor(loss: number, place: NonFinitePlace, learningRate: number) {
    super(messageOf(loss, place, learningRate));
    this.epoch = place.epoch;
    this.batch = place.batch;
    this.layer = place.layer;
  }
}

function messageOf(loss: number, place: NonFinitePlace, learningRate: number): string {
  const { epoch, batch, layer, input, single = false } = place;
  const when = single ? "in trainOnBatch" : `in epoch ${epoch + 1}, batch ${batch + 1}`;
  const kept = single ? "before the call" : "when the epoch began";
  const where = layer === undefined ? "the loss itself" : `the layer "${layer}"`;
  const cause = input === undefined ? `first in ${where}` : `the data are not finite: ${input}`;
  const mend =
    input === undefined
      ? `Try a smaller learning rate (it was ${learningRate})`
      : "Take out or replace what is not finite in the data";
  return `the loss became ${loss} ${when}; ${cause}. Weights and optimizer are as they were ${kept}. ${mend}.`;
}
