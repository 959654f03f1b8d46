import { Callback, type Logs } from "./callback.ts";

/** Keeps the values of every epoch. `fit` adds one by itself and gives it back. */
export class History extends Callback {
  /** For each name, one value an epoch: `history.loss[0]` is the first epoch's loss. */
  history: Record<string, number[]> = {};
  /** The numbers of the epochs that ran, from `initialEpoch`. */
  epoch: number[] = [];

  onTrainBegin(): void {
    this.history = {};
    this.epoch = [];
  }

  onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
  }
}
