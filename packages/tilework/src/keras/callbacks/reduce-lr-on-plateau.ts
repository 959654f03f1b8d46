import { finite, numberBetween, optional, wholeFromZero } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";
import type { Logs } from "./callback.ts";
import { MonitorCallback, type MonitorOptions, monitorChecks } from "./monitor-callback.ts";

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied with; below 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without a better value after which the rate is reduced. Default 10. */
  readonly patience?: number;
  /** Epochs after a reduction in which nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** The rate never falls below this. Default 0. */
  readonly minLr?: number;
}

const checks = {
  ...monitorChecks,
  minDelta: optional(finite, 1e-4),
  factor: optional(numberBetween(0, 1, { highOpen: true }), 0.1),
  patience: optional(wholeFromZero, 10),
  cooldown: optional(wholeFromZero, 0),
  minLr: optional(numberBetween(0, Number.POSITIVE_INFINITY), 0),
};

/** Reduces the learning rate when a watched value no longer gets better (Keras's ReduceLROnPlateau). */
export class ReduceLROnPlateau extends MonitorCallback {
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  readonly minLr: number;
  #wait = 0;
  #cooling = 0;

  constructor(options: ReduceLROnPlateauOptions = {}) {
    const given = readOptions("reduceLROnPlateau", options, checks);
    super(given);
    this.factor = given.factor;
    this.patience = given.patience;
    this.cooldown = given.cooldown;
    this.minLr = given.minLr;
  }

  onTrainBegin(): void {
    this.best = undefined;
    this.#wait = 0;
    this.#cooling = 0;
  }

  onEpochEnd(epoch: number, logs: Logs): void {
    logs.learning_rate = this.model.optimizer.learningRate;
    const current = this.watched(logs);
    if (current === undefined) return;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#wait = 0;
    }
    if (this.improves(current, this.best)) {
      this.best = current;
      this.#wait = 0;
    } else if (this.#cooling === 0 && ++this.#wait >= this.patience) this.#reduce(epoch);
  }

  #reduce(epoch: number): void {
    const { optimizer } = this.model;
    if (optimizer.learningRate <= this.minLr) return;
    optimizer.learningRate = Math.max(optimizer.learningRate * this.factor, this.minLr);
    this.#cooling = this.cooldown;
    this.#wait = 0;
    if (this.verbose > 0)
      console.log(
        `\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${optimizer.learningRate}.`,
      );
  }
}

/** Makes a `ReduceLROnPlateau`. */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): ReduceLROnPlateau {
  return new ReduceLROnPlateau(options);
}
