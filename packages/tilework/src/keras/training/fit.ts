import { platform } from "../../platform/current.ts";
import { nextSeed } from "../../runtime/random-seed.ts";
import { ArgumentError } from "../../util/errors.ts";
import { CallbackList } from "../callbacks/callback-list.ts";
import { History } from "../callbacks/history.ts";
import { ProgbarLogger } from "../callbacks/progbar-logger.ts";
import { readOptions } from "../options/read-options.ts";
import { cutIntoBatches, EpochBatches, rowRange } from "./batches.ts";
import { withClassWeights } from "./class-weights.ts";
import {
  type CheckedFitOptions,
  type FitOptions,
  fitChecks,
  readValidationData,
  resolveVerbose,
} from "./fit-options.ts";
import { FitRun } from "./fit-run.ts";
import type { ModelData } from "./model-data.ts";
import { StagedData } from "./staged-data.ts";
import type { Trainer } from "./trainer.ts";

/** Trains for some epochs; gives the values of each. */
export async function fit(trainer: Trainer, x: unknown, y: unknown, options: FitOptions): Promise<History> {
  const given = readOptions("fit", options, fitChecks);
  given.signal?.throwIfAborted();
  const { data, trainingRows, validation } = readFitData(trainer, x, y, given);
  const { batchSize, validationBatches } = sizesOf(given, trainingRows, validation);
  const verbose = resolveVerbose(given.verbose);
  const history = given.callbacks.find((callback) => callback instanceof History) ?? new History();
  const callbacks = callbackList(given, history, verbose);
  const first = cutIntoBatches(rowRange(0, trainingRows), batchSize);
  const [batch, rest] = [first[0]!.length, first.at(-1)!.length];
  const { device, store } = await trainer.programs.prepare({ mode: "train", data, batch, rest });
  const toStage = validation ? [data, validation.data] : [data];
  const { size } = await trainer.programs.fill("train", data, first, { toStage });
  const held =
    validation && (await trainer.programs.fill("test", validation.data, validationBatches, { toStage }));
  const { shuffle, stepsPerEpoch } = given;
  const seed = nextSeed();
  const epochs = new EpochBatches({ rows: trainingRows, batchSize, shuffle, stepsPerEpoch, seed });
  const steps = stepsPerEpoch ?? Math.ceil(trainingRows / batchSize);
  callbacks.begin(trainer.model, { epochs: given.epochs, steps, verbose });
  const staged = new StagedData(device, data);
  const heldData =
    validation && (validation.data === data ? staged : new StagedData(device, validation.data));
  try {
    const run = new FitRun({ trainer, store, staged, callbacks, seed, size, options: given });
    await run.all(epochs, held && { staged: heldData!, filled: held });
  } finally {
    staged.release();
    heldData?.release();
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
  const data = withClassWeights(read, given.classWeight, given.sampleWeight, (labelled) =>
    trainer.classesOf(labelled),
  );
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
