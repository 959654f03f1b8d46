import type { Value } from "../../graph/value.ts";
import type { HostData } from "../../runtime/device.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { classNameOf, snakeCase } from "../layers/class-name.ts";
import { type Check, optional, text } from "../options/checks.ts";

/** Options of every metric. */
export interface MetricOptions {
  /** The name under which its value stands in the logs. Default: the class's name in snake_case. */
  readonly name?: string | undefined;
}

export const metricChecks: { readonly name: Check<string | undefined> } = { name: optional(text, undefined) };

/** Sums over the batches so far, by the names that `contributions` uses. */
export type MetricState = Readonly<Record<string, Float64Array>>;

/**
 * A number that is watched. Each step's program computes the batch's contributions; the host adds them up over the
 * batches, in float64, and `result` makes the value of the sums.
 */
export abstract class Metric {
  readonly name: string;

  constructor(options: MetricOptions = {}) {
    this.name = options.name ?? snakeCase(this.className);
  }

  /** Keras's class name. */
  get className(): string {
    return classNameOf(this.constructor as unknown as { className?: string; name: string });
  }

  /** Whether larger or smaller is better; undefined when nobody knows. */
  get direction(): "max" | "min" | undefined {
    return undefined;
  }

  /** What a batch adds to each sum. The labels come with the dtype of the data. */
  abstract contributions(yTrue: Value, yPred: Value, sampleWeight?: Value): Readonly<Record<string, Value>>;

  /** The value of the sums. */
  abstract result(state: MetricState): number;

  /** The options by Keras's keys. */
  getConfig(): KerasConfig {
    return { name: this.name, dtype: "float32" };
  }
}

/** Adds a step's contributions to the sums. */
export function addToState(state: Record<string, Float64Array>, name: string, contribution: HostData): void {
  const sums = (state[name] ??= new Float64Array(contribution.length));
  contribution.forEach((value, i) => {
    sums[i]! += value;
  });
}
