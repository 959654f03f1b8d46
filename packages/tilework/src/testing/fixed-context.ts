import type { Value } from "../graph/value.ts";
import type { CallContext, CallSeed } from "../keras/layers/call-context.ts";
import type { Weight } from "../keras/layers/weight.ts";

/** A context in which weights are given values, for layers that are tried alone. */
export class FixedContext implements CallContext {
  readonly training: boolean;
  readonly updates: Map<Weight, Value> = new Map();
  readonly #values: ReadonlyMap<Weight, Value>;
  readonly #seed: Value | undefined;

  constructor(values: ReadonlyMap<Weight, Value>, training = false, seed?: Value) {
    this.#values = values;
    this.training = training;
    this.#seed = seed;
  }

  read(weight: Weight): Value {
    return this.updates.get(weight) ?? this.#values.get(weight)!;
  }

  update(weight: Weight, value: Value): void {
    this.updates.set(weight, value);
  }

  seed(): CallSeed {
    return { seed: this.#seed!, salt: 1 };
  }
}
