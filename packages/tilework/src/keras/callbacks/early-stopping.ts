import type { NDArray } from "../../tensor/ndarray.ts";
import { finite, flag, optional, wholeFromZero } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";
import type { Logs } from "./callback.ts";
import { MonitorCallback, type MonitorOptions, monitorChecks } from "./monitor-callback.ts";

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without a better value after which training stops. Default 0. */
  readonly patience?: number;
  /** A value that has to be beaten for an epoch to count as better. */
  readonly baseline?: number;
  /** Whether the weights of the best epoch come back at the end. Default false: the last ones stay. */
  readonly restoreBestWeights?: boolean;
  /** Epochs before watching begins. Default 0. */
  readonly startFromEpoch?: number;
}

const checks = {
  ...monitorChecks,
  patience: optional(wholeFromZero, 0),
  baseline: optional(finite, undefined),
  restoreBestWeights: optional(flag, false),
  startFromEpoch: optional(wholeFromZero, 0),
};

/** Stops training when a watched value no longer gets better (Keras's EarlyStopping). */
export class EarlyStopping extends MonitorCallback {
  readonly patience: number;
  readonly baseline: number | undefined;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
  /** The epoch at which training was stopped; 0 when it was not. */
  stoppedEpoch = 0;
  bestEpoch = 0;
  #wait = 0;
  #bestWeights: NDArray[] | undefined;

  constructor(options: EarlyStoppingOptions = {}) {
    const given = readOptions("earlyStopping", options, checks);
    super(given);
    this.patience = given.patience;
    this.baseline = given.baseline;
    this.restoreBestWeights = given.restoreBestWeights;
    this.startFromEpoch = given.startFromEpoch;
  }

  onTrainBegin(): void {
    this.stoppedEpoch = 0;
    this.bestEpoch = 0;
    this.best = undefined;
    this.#wait = 0;
    this.#bestWeights = undefined;
  }

  async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const current = this.watched(logs);
    if (current === undefined || epoch < this.startFromEpoch) return;
    if (this.restoreBestWeights && this.#bestWeights === undefined) await this.#keepWeights(epoch);
    this.#wait++;
    if (this.improves(current, this.best)) {
      this.best = current;
      this.bestEpoch = epoch;
      if (this.restoreBestWeights) await this.#keepWeights(epoch);
      if (this.baseline === undefined || this.improves(current, this.baseline)) this.#wait = 0;
      return;
    }
    if (this.#wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  async onTrainEnd(): Promise<void> {
    if (this.stoppedEpoch > 0 && this.verbose > 0)
      console.log(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (this.#bestWeights === undefined) return;
    if (this.verbose > 0)
      console.log(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    await this.model.setWeights(this.#bestWeights);
  }

  async #keepWeights(epoch: number): Promise<void> {
    this.#bestWeights = await this.model.getWeights();
    this.bestEpoch = epoch;
  }
}

/** Makes an `EarlyStopping`. */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}
