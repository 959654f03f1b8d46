import { ArgumentError } from "../../util/errors.ts";
import { describe, optional } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";
import { Callback, type Logs } from "./callback.ts";
import { callbackVerbose } from "./monitor-callback.ts";

/** Gives an epoch's learning rate from its number (from 0) and the rate so far. */
export type EpochSchedule = (epoch: number, learningRate: number) => number;

const checks = { verbose: optional(callbackVerbose, 0) };

/** Sets the learning rate when an epoch begins (Keras's LearningRateScheduler). */
export class LearningRateScheduler extends Callback {
  readonly schedule: EpochSchedule;
  readonly verbose: 0 | 1;

  constructor(schedule: EpochSchedule, options: { readonly verbose?: 0 | 1 } = {}) {
    super();
    if (typeof schedule !== "function")
      throw new ArgumentError(
        "schedule",
        `learningRateScheduler: schedule must be a function of epoch and learning rate, got ${describe(schedule)}`,
      );
    this.schedule = schedule;
    this.verbose = readOptions("learningRateScheduler", options, checks).verbose;
  }

  onEpochBegin(epoch: number): void {
    const { optimizer } = this.model;
    const learningRate = this.schedule(epoch, optimizer.learningRate);
    if (typeof learningRate !== "number" || !Number.isFinite(learningRate))
      throw new ArgumentError(
        "schedule",
        `schedule(${epoch}): expected a number; got ${String(learningRate)}`,
      );
    optimizer.learningRate = learningRate;
    if (this.verbose > 0)
      console.log(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${learningRate}.`);
  }

  onEpochEnd(_epoch: number, logs: Logs): void {
    logs.learning_rate = this.model.optimizer.learningRate;
  }
}

/** Makes a `LearningRateScheduler`. */
export function learningRateScheduler(
  schedule: EpochSchedule,
  options: { readonly verbose?: 0 | 1 } = {},
): LearningRateScheduler {
  return new LearningRateScheduler(schedule, options);
}
