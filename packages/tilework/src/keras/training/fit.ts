import { platform } from "../../platform/current.ts";
import type { StepFeeds, StepOutputs, StoreSnapshot, VariableStore } from "../../runtime/device.ts";
import { nextSeed } from "../../runtime/random-seed.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { CallbackMethods, Logs } from "../callbacks/callback.ts";
import { CallbackList } from "../callbacks/callback-list.ts";
import { History } from "../callbacks/history.ts";
import { ProgbarLogger } from "../callbacks/progbar-logger.ts";
import { TerminateOnNaN } from "../callbacks/terminate-on-nan.ts";
import { type Checked, readOptions } from "../options/read-options.ts";
import { cutIntoBatches, EpochBatches, rowRange } from "./batches.ts";
import { withClassWeights } from "./class-weights.ts";
import { evaluateBatches } from "./evaluate.ts";
import { findNonFiniteLayer } from "./find-non-finite-layer.ts";
import { type FitOptions, fitChecks, readValidationData, resolveVerbose } from "./fit-options.ts";
import type { ModelData } from "./model-data.ts";
import { NonFiniteError } from "./non-finite-error.ts";
import { BurstSize, runSteps, StepFailure } from "./run-steps.ts";
import { RunningLogs, sortedLogs } from "./running-logs.ts";
import { StagedData } from "./staged-data.ts";
import type { Trainer } from "./trainer.ts";

type CheckedFitOptions = Checked<typeof fitChecks>;

/** Trains for some epochs; gives the values of each. */
export async function fit(trainer: Trainer, x: unknown, y: unknown, options: FitOptions): Promise<History> {
  const given = readOptions("fit", options, fitChecks);
  given.signal?.throwIfAborted();
  const { data, trainingRows, validation } = readFitData(trainer, x, y, given);
  const { batchSize, validationBatches } = sizesOf(given, trainingRows, validation);
  const verbose = resolveVerbose(given.verbose);
  const history = given.callbacks.find((callback) => callback instanceof History) ?? new History();
  const callbacks = callbackList(given, history, verbose);
  const { device, store } = await trainer.prepare();
  const toStage = validation ? [data, validation.data] : [data];
  await trainer.load("train", data, Math.min(batchSize, trainingRows), toStage);
  if (validation) await trainer.load("test", validation.data, validationBatches[0]!.length, toStage);
  const { shuffle, stepsPerEpoch } = given;
  const seed = nextSeed();
  const epochs = new EpochBatches({ rows: trainingRows, batchSize, shuffle, stepsPerEpoch, seed });
  const steps = stepsPerEpoch ?? Math.ceil(trainingRows / batchSize);
  callbacks.begin(trainer.model, { epochs: given.epochs, steps, verbose });
  const staged = new StagedData(device, data);
  const held = validation && (validation.data === data ? staged : new StagedData(device, validation.data));
  try {
    const run = new FitRun({ trainer, store, staged, callbacks, seed, options: given });
    await run.all(epochs, held && { staged: held, batches: validationBatches });
  } finally {
    staged.release();
    held?.release();
  }
  return history;
}

function callbackList(given: CheckedFitOptions, history: History, verbose: 0 | 1 | 2): CallbackList {
  const added = given.callbacks.includes(history) ? [] : [history];
  const logger = verbose === 0 ? [] : [new ProgbarLogger(platform.terminal)];
  return new CallbackList([...given.callbacks, ...added, ...logger]);
}

function sizesOf(
  given: CheckedFitOptions,
  trainingRows: number,
  validation: FitData["validation"],
): { batchSize: number; validationBatches: readonly Uint32Array[] } {
  const fromSteps = given.stepsPerEpoch && Math.ceil(trainingRows / given.stepsPerEpoch);
  const batchSize = given.batchSize ?? fromSteps ?? 32;
  const rows = validation?.rows ?? new Uint32Array();
  const batches = cutIntoBatches(rows, given.validationBatchSize ?? batchSize);
  return { batchSize, validationBatches: batches.slice(0, given.validationSteps) };
}

interface FitData {
  readonly data: ModelData;
  /** The first rows are for training. */
  readonly trainingRows: number;
  readonly validation: { readonly data: ModelData; readonly rows: Uint32Array } | undefined;
}

function readFitData(trainer: Trainer, x: unknown, y: unknown, given: CheckedFitOptions): FitData {
  const read = trainer.readData("fit", x, y, given.sampleWeight);
  const data = withClassWeights(read, given.classWeight, given.sampleWeight);
  const other = readValidationData(given.validationData);
  const validation =
    other &&
    trainer.readData("fit", other.x, other.y, other.sampleWeight, {
      x: "validationData[0]",
      y: "validationData[1]",
      sampleWeight: "validationData[2]",
    });
  trainer.checkLabels(data);
  if (validation) {
    trainer.checkLabels(validation);
    return {
      data,
      trainingRows: data.rows,
      validation: { data: validation, rows: rowRange(0, validation.rows) },
    };
  }
  if (given.validationSplit === 0) return { data, trainingRows: data.rows, validation: undefined };
  const trainingRows = Math.floor(data.rows * (1 - given.validationSplit));
  if (trainingRows === 0 || trainingRows === data.rows)
    throw new ArgumentError(
      "validationSplit",
      `validationSplit: ${given.validationSplit} of ${data.rows} examples leaves nothing for ` +
        `${trainingRows === 0 ? "training" : "validation"}`,
    );
  // Class weights count in training only, as in Keras.
  const held = given.classWeight === undefined ? data : read;
  return { data, trainingRows, validation: { data: held, rows: rowRange(trainingRows, data.rows) } };
}

interface Validation {
  readonly staged: StagedData;
  readonly batches: readonly Uint32Array[];
}

interface FitRunOptions {
  readonly trainer: Trainer;
  readonly store: VariableStore;
  readonly staged: StagedData;
  readonly callbacks: CallbackList;
  readonly seed: number;
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

class FitRun {
  readonly #given: FitRunOptions;
  readonly #burst = new BurstSize();
  readonly #validationBurst = new BurstSize();
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
      logs = await this.#train(epoch, epochs.next());
      if (validation && isDue(epoch, options.validationFreq))
        logs = { ...logs, ...(await this.#validate(validation)) };
      logs = sortedLogs(logs);
      await trainer.queue.pause(() => callbacks.epochEnd(epoch, logs));
      if (trainer.stopTraining) break;
    }
    await trainer.queue.pause(() => callbacks.trainEnd(logs));
  }

  async #validate({ staged, batches }: Validation): Promise<Logs> {
    const { trainer, store, callbacks, options } = this.#given;
    const { signal } = options;
    const burst = this.#validationBurst;
    const logs = await evaluateBatches(trainer, { store, staged, batches, callbacks, signal, burst });
    return Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value]));
  }

  /** Runs an epoch's steps. A failed device or a loss that is not finite leaves the state of the epoch's start. */
  async #train(epoch: number, batches: readonly Uint32Array[]): Promise<Logs> {
    const { trainer, store } = this.#given;
    const { optimizer } = trainer;
    await trainer.load("train", this.#given.staged.data, batches[0]!.length);
    const start = await store.snapshot();
    const iterations = optimizer.iterations;
    this.#feeds = [];
    try {
      return await this.#runEpoch(batches, iterations);
    } catch (error) {
      if (error instanceof StepFailure || error instanceof NonFiniteStep) {
        await store.restore(start);
        optimizer.iterations = iterations;
      }
      if (error instanceof NonFiniteStep) throw await this.#explain(epoch, batches, error, start);
      throw error instanceof StepFailure ? error.cause : error;
    }
  }

  async #runEpoch(batches: readonly Uint32Array[], iterations: number): Promise<Logs> {
    const { trainer, store, staged, callbacks, options, seed } = this.#given;
    const running = new RunningLogs(trainer.objectiveFor(staged.data));
    const firstStep = this.#steps;
    const hears = callbacks.listensTo("Train");
    await runSteps({
      store,
      batches,
      signal: options.signal,
      burst: this.#burst,
      oneByOne: callbacks.needsEach("Train"),
      load: (batch) => trainer.load("train", staged.data, batch),
      feeds: (rows, step) => {
        const scalars = trainer.scalarFeeds(iterations + step);
        const random = Int32Array.of(seed, firstStep + step);
        const feeds = { ...staged.feeds(rows), ...scalars, seed: random };
        this.#feeds[step] = feeds;
        return feeds;
      },
      before: (step) => trainer.queue.pause(() => callbacks.batchBegin("Train", step)),
      after: async (step, outputs) => {
        this.#count(step, outputs, running, batches[step]!.length);
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
    batches: readonly Uint32Array[],
    { step, loss }: NonFiniteStep,
    start: StoreSnapshot,
  ): Promise<NonFiniteError> {
    const { trainer, store, staged } = this.#given;
    const sizes = batches.map((rows) => rows.length);
    const feeds = this.#feeds.slice(0, step + 1);
    const layer = await findNonFiniteLayer(trainer, { store, data: staged.data, feeds, sizes }).catch(
      () => undefined,
    );
    await store.restore(start);
    const hint = `Try a smaller learning rate (it was ${trainer.optimizer.learningRate}), or look for NaN in the data.`;
    return new NonFiniteError(loss, { epoch, batch: step, layer }, hint);
  }
}

/** Whether validation follows this epoch (counted from 0). */
function isDue(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}
