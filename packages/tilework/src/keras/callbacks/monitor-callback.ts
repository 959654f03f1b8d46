import { ArgumentError } from "../../util/errors.ts";
import { type Check, finite, oneOf, optional, refusal, text } from "../options/checks.ts";
import type { Checked } from "../options/read-options.ts";
import { Callback, type Logs } from "./callback.ts";

export interface MonitorOptions {
  /** The value to watch. Default "val_loss". */
  readonly monitor?: string;
  /** Whether smaller or larger is better; "auto" (the default) goes by the metric. */
  readonly mode?: "auto" | "min" | "max";
  /** The least change that counts as better. */
  readonly minDelta?: number;
  /** 1 prints what the callback does. Default 0. */
  readonly verbose?: 0 | 1;
}

/** 1 prints what a callback does. */
export const callbackVerbose: Check<0 | 1> = (value, at) => {
  if (value === 0 || value === 1) return value;
  throw refusal(at, "0 or 1", value);
};

export const monitorChecks: {
  readonly monitor: Check<string>;
  readonly mode: Check<"auto" | "min" | "max">;
  readonly minDelta: Check<number>;
  readonly verbose: Check<0 | 1>;
} = {
  monitor: optional(text, "val_loss"),
  mode: optional(oneOf("auto", "min", "max"), "auto"),
  minDelta: optional(finite, 0),
  verbose: optional(callbackVerbose, 0),
};

/** Options of `MonitorOptions` after their checks. */
export type CheckedMonitorOptions = Checked<typeof monitorChecks>;

/** Base of callbacks that watch one value and ask whether it got better. */
export abstract class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: "auto" | "min" | "max";
  readonly minDelta: number;
  readonly verbose: 0 | 1;
  best: number | undefined;

  constructor({ monitor, mode, minDelta, verbose }: CheckedMonitorOptions) {
    super();
    this.monitor = monitor;
    this.mode = mode;
    this.minDelta = Math.abs(minDelta);
    this.verbose = verbose;
  }

  /** The watched value; a warning and undefined when the logs lack it. */
  protected watched(logs: Logs): number | undefined {
    const value = logs[this.monitor];
    if (value === undefined)
      console.warn(
        `${this.constructor.name}: there is no value "${this.monitor}" to watch; ` +
          `there are: ${Object.keys(logs).join(", ")}`,
      );
    return value;
  }

  /** Whether `value` beats `reference` by more than `minDelta`. */
  protected improves(value: number, reference: number | undefined): boolean {
    if (reference === undefined) return true;
    return this.#direction() === "max"
      ? value - this.minDelta > reference
      : value + this.minDelta < reference;
  }

  #direction(): "min" | "max" {
    if (this.mode !== "auto") return this.mode;
    const name = this.monitor.replace(/^val_/, "");
    const known = name === "loss" ? "min" : this.model.metricDirections[name];
    if (known !== undefined) return known;
    throw new ArgumentError(
      "mode",
      `${this.constructor.name}: nothing tells whether a larger "${this.monitor}" is better; ` +
        `pass mode: "max" or mode: "min"`,
    );
  }
}
