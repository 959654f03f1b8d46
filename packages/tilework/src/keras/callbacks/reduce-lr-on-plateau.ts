import { ArgumentError } from "../../util/errors.ts";
import type { Logs } from "./callback.ts";
import { MonitorCallback, type MonitorOptions } from "./monitor-callback.ts";

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

/** Reduces the learning rate when a watched value no longer gets better (Keras's ReduceLROnPlateau). */
export class ReduceLROnPlateau extends MonitorCallback {
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  readonly minLr: number;
  #wait = 0;
  #cooling = 0;

  constructor(options: ReduceLROnPlateauOptions = {}) {
    super({ minDelta: 1e-4, ...options });
    this.factor = options.factor ?? 0.1;
    this.patience = options.patience ?? 10;
    this.cooldown = options.cooldown ?? 0;
    this.minLr = options.minLr ?? 0;
    if (!(this.factor < 1))
      throw new ArgumentError("factor", `factor: expected less than 1; got ${this.factor}`);
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
