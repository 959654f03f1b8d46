import { read } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { Weight } from "./weight.ts";

/** Where a layer's random op takes its numbers from: the step's seed, and a salt that no other call shares. */
export interface CallSeed {
  /** An int32 input of the program of shape (2,), fed anew for every step. */
  readonly seed: Value;
  readonly salt: number;
}

/** What a layer's `call` knows of the program that it writes into. */
export interface CallContext {
  /** True while a training step is traced: dropout drops, batch statistics are taken. */
  readonly training: boolean;
  /** The weight's value, with updates that earlier layers of this step made. */
  read(weight: Weight): Value;
  /** Gives the weight a new value when the step ends. */
  update(weight: Weight, value: Value): void;
  seed(): CallSeed;
}

/** The plain context: reads variables, collects updates, counts salts. */
export class TraceContext implements CallContext {
  readonly training: boolean;
  /** The last value that each updated weight was given. */
  readonly updates: Map<Weight, Value> = new Map();
  readonly #reads = new Map<Weight, Value>();
  readonly #seed: Value | undefined;
  #salts = 0;

  /** `seed` is needed only by layers that draw random numbers in this mode. */
  constructor(options: { training: boolean; seed?: Value | undefined }) {
    this.training = options.training;
    this.#seed = options.seed;
  }

  read(weight: Weight): Value {
    let value = this.updates.get(weight) ?? this.#reads.get(weight);
    if (value === undefined) {
      value = read(weight.variable);
      this.#reads.set(weight, value);
    }
    return value;
  }

  update(weight: Weight, value: Value): void {
    this.updates.set(weight, value);
  }

  seed(): CallSeed {
    if (this.#seed === undefined)
      throw new ArgumentError(
        "seed",
        "seed: this program was traced without a seed, but a layer draws random numbers",
      );
    return { seed: this.#seed, salt: this.#salts++ };
  }

  /** True once a layer has asked for random numbers, so that the seed must be fed. */
  get usesSeed(): boolean {
    return this.#salts > 0;
  }
}
