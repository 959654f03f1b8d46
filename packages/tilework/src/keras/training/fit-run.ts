/** Runs the epochs of `fit`: steps, validation, callbacks, and what a failure leaves. */
import type { StepFeeds, StepOutputs, StoreSnapshot, VariableStore } from "../../runtime/device.ts";
import type { CallbackMethods, Logs } from "../callbacks/callback.ts";
import type { CallbackList } from "../callbacks/callback-list.ts";
import { TerminateOnNaN } from "../callbacks/terminate-on-nan.ts";
import type { EpochBatches } from "./batches.ts";
import { evaluateBatches } from "./evaluate.ts";
import { FilledBatches } from "./filled-batches.ts";
import { findNonFiniteInput } from "./find-non-finite-input.ts";
import { findNonFiniteLayer } from "./find-non-finite-layer.ts";
import type { CheckedFitOptions } from "./fit-options.ts";
import type { LoadedProgram } from "./model-runtime.ts";
import { NonFiniteError } from "./non-finite-error.ts";
import { runSteps, StepFailure } from "./run-steps.ts";
import { RunningLogs, sortedLogs } from "./running-logs.ts";
import type { StagedData } from "./staged-data.ts";
import type { Trainer } from "./trainer.ts";

/** Data that are held back, and their batches. */
export interface Validation {
  readonly staged: StagedData;
  readonly filled: FilledBatches;
}

export interface FitRunOptions {
  readonly trainer: Trainer;
  readonly store: VariableStore;
  readonly staged: StagedData;
  readonly callbacks: CallbackList;
  readonly seed: number;
  /** Rows of every step, where steps are masked; see `FilledBatches`. */
  readonly size: number | undefined;
  readonly options: CheckedFitOptions;
}

/** A step whose loss was NaN or infinite. */
class NonFiniteStep extends Error {
  readonly step: number;
  readonly loss: number;

  constructor(step: number, loss: number) {
    super("the loss is not finite");
    this.step = step;
    this.loss = loss;
  }
}

/** The epochs of one `fit`. */
export class FitRun {
  readonly #given: FitRunOptions;
  readonly #allowsNonFinite: boolean;
  /** Feeds of the running epoch's steps, to replay them. */
  #feeds: StepFeeds[] = [];
  #steps = 0;

  constructor(given: FitRunOptions) {
    this.#given = given;
    this.#allowsNonFinite = given.callbacks.callbacks.some(
      (callback: CallbackMethods) => callback instanceof TerminateOnNaN,
    );
  }

  async all(epochs: EpochBatches, validation: Validation | undefined): Promise<void> {
    const { trainer, callbacks, options } = this.#given;
    trainer.stopTraining = false;
    let logs: Logs = {};
    await trainer.queue.pause(() => callbacks.trainBegin());
    for (let epoch = options.initialEpoch; epoch < options.epochs; epoch++) {
      await trainer.queue.pause(() => callbacks.epochBegin(epoch));
      logs = await this.#train(epoch, new FilledBatches(epochs.next(), this.#given.size));
      if (validation && isDue(epoch, options.validationFreq))
        logs = { ...logs, ...(await this.#validate(validation)) };
      logs = sortedLogs(logs);
      await trainer.queue.pause(() => callbacks.epochEnd(epoch, logs));
      if (trainer.stopTraining) break;
    }
    await trainer.queue.pause(() => callbacks.trainEnd(logs));
  }

  async #validate({ staged, filled }: Validation): Promise<Logs> {
    const { trainer, store, callbacks, options } = this.#given;
    const { signal } = options;
    const logs = await evaluateBatches(trainer, { store, staged, filled, callbacks, signal });
    return Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value]));
  }

  /** Runs an epoch's steps. A failed device or a loss that is not finite leaves the state of the epoch's start. */
  async #train(epoch: number, filled: FilledBatches): Promise<Logs> {
    const { trainer, store } = this.#given;
    const { optimizer } = trainer;
    await this.#load(filled, filled.steps[0]!.length);
    const start = await store.snapshot();
    const iterations = optimizer.iterations;
    this.#feeds = [];
    try {
      return await this.#runEpoch(filled, iterations);
    } catch (error) {
      if (error instanceof StepFailure || error instanceof NonFiniteStep) {
        await store.restore(start);
        optimizer.iterations = iterations;
      }
      if (error instanceof NonFiniteStep) throw await this.#explain(epoch, filled, error, start);
      throw error instanceof StepFailure ? error.cause : error;
    }
  }

  /** Makes the optimizer's variables too. */
  #load({ masked }: FilledBatches, batch: number): Promise<LoadedProgram> {
    const { trainer, staged } = this.#given;
    return trainer.programs.load("train", staged.data, batch, { masked });
  }

  async #runEpoch(filled: FilledBatches, iterations: number): Promise<Logs> {
    const { trainer, store, staged, callbacks, options, seed } = this.#given;
    const running = new RunningLogs(trainer.programs.objectiveFor(staged.data));
    const firstStep = this.#steps;
    const hears = callbacks.listensTo("Train");
    await runSteps({
      store,
      batches: filled.steps,
      signal: options.signal,
      oneByOne: callbacks.needsEach("Train"),
      load: (batch) => this.#load(filled, batch),
      feeds: (rows, step) => {
        const scalars = trainer.scalarFeeds(iterations + step);
        const random = Int32Array.of(seed, firstStep + step);
        const feeds = { ...staged.feeds(rows), ...filled.feeds(step), ...scalars, seed: random };
        this.#feeds[step] = feeds;
        return feeds;
      },
      before: (step) => trainer.queue.pause(() => callbacks.batchBegin("Train", step)),
      after: async (step, outputs) => {
        this.#count(step, outputs, running, filled.batches[step]!.length);
        if (hears) await trainer.queue.pause(() => callbacks.batchEnd("Train", step, running.logs));
        return !trainer.stopTraining;
      },
    });
    return running.logs;
  }

  #count(step: number, outputs: StepOutputs, running: RunningLogs, batch: number): void {
    const loss = outputs.loss![0]!;
    if (!Number.isFinite(loss) && !this.#allowsNonFinite) throw new NonFiniteStep(step, loss);
    running.add(outputs, batch);
    this.#given.trainer.optimizer.iterations++;
    this.#steps++;
  }

  /** Replays the epoch up to the step and looks for the first layer whose result is not finite. */
  async #explain(
    epoch: number,
    { batches, steps, masked }: FilledBatches,
    { step, loss }: NonFiniteStep,
    start: StoreSnapshot,
  ): Promise<NonFiniteError> {
    const { trainer, store, staged } = this.#given;
    const sizes = steps.map((rows) => rows.length);
    const feeds = this.#feeds.slice(0, step + 1);
    const layer = await findNonFiniteLayer(trainer, { store, data: staged.data, feeds, sizes, masked }).catch(
      () => undefined,
    );
    await store.restore(start);
    const input = findNonFiniteInput(staged.data, batches[step]!);
    return new NonFiniteError(loss, { epoch, batch: step, layer, input }, trainer.optimizer.learningRate);
  }
}

/** Whether validation follows this epoch (counted from 0). */
function isDue(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}
