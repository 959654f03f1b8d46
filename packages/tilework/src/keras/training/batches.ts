/** Which rows each step takes. */
import { philox, randomPermutation } from "../../tensor/random.ts";

/** Rows `from` to `to`, in order. */
export function rowRange(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}

/** Cuts rows into batches; the last one may be smaller. */
export function cutIntoBatches(rows: Uint32Array, batchSize: number): Uint32Array[] {
  const batches: Uint32Array[] = [];
  for (let start = 0; start < rows.length; start += batchSize)
    batches.push(rows.subarray(start, start + batchSize));
  return batches;
}

export interface BatchOptions {
  readonly rows: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  /** Steps of an epoch; all batches where left out. */
  readonly stepsPerEpoch: number | undefined;
  readonly seed: number;
}

/**
 * Hands out each epoch's batches. With `stepsPerEpoch` an epoch goes on where the last one stopped, as in Keras; one
 * that meets the end of the data is shorter, with a warning the first time, and the next begins anew.
 */
export class EpochBatches {
  readonly #options: BatchOptions;
  #rest: Uint32Array[] = [];
  #passes = 0;
  #hasWarned = false;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  next(): Uint32Array[] {
    if (this.#rest.length === 0) this.#rest = this.#newPass();
    const { stepsPerEpoch = this.#rest.length } = this.#options;
    if (this.#rest.length < stepsPerEpoch) this.#warnOfEnd(stepsPerEpoch, this.#rest.length);
    return this.#rest.splice(0, stepsPerEpoch);
  }

  #warnOfEnd(wanted: number, left: number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    console.warn(
      `fit: ran out of data: an epoch ends after ${left} of ${wanted} steps (stepsPerEpoch); ` +
        "leave stepsPerEpoch out, or let it divide the number of batches",
    );
  }

  #newPass(): Uint32Array[] {
    const { rows, batchSize, shuffle, seed } = this.#options;
    const order = shuffle ? randomPermutation(passSeed(seed, this.#passes++), rows) : rowRange(0, rows);
    return cutIntoBatches(order, batchSize);
  }
}

/** A seed for each pass over the data. */
function passSeed(seed: number, pass: number): number {
  const words = new Uint32Array(4);
  philox([pass, 0, 0, 0], [seed, 0], words);
  return words[0]!;
}
