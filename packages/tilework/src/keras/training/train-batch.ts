/** The single step of `trainOnBatch`. */
import { attempt } from "../../runtime/attempt.ts";
import type { StepFeeds, VariableStore } from "../../runtime/device.ts";
import { nextSeed } from "../../runtime/random-seed.ts";
import type { Logs } from "../callbacks/callback.ts";
import { rowRange } from "./batches.ts";
import { findNonFiniteInput } from "./find-non-finite-input.ts";
import { findNonFiniteLayer } from "./find-non-finite-layer.ts";
import type { ModelData } from "./model-data.ts";
import { NonFiniteError } from "./non-finite-error.ts";
import { feedsOf } from "./run-steps.ts";
import { RunningLogs } from "./running-logs.ts";
import { wholeFeeds } from "./staged-data.ts";
import type { Trainer } from "./trainer.ts";

/** One training step over all the data. A failed device or a loss that is not finite leaves the state before it. */
export async function trainBatch(trainer: Trainer, data: ModelData): Promise<Logs> {
  trainer.checkLabels(data);
  const { store } = await trainer.programs.prepare({ mode: "train", data, batch: data.rows });
  const program = await trainer.programs.load("train", data, data.rows, { bringsData: true });
  const scalars = trainer.scalarFeeds(trainer.optimizer.iterations);
  const feeds = { ...wholeFeeds(data), ...scalars, seed: Int32Array.of(nextSeed(), 0) };
  const outputs = await attempt(program.executable, store, feedsOf(program, feeds), ({ loss }) =>
    Number.isFinite(loss![0]),
  );
  const loss = outputs.loss![0]!;
  if (!Number.isFinite(loss)) throw await explained(loss, { trainer, store, data, feeds });
  trainer.optimizer.iterations++;
  const running = new RunningLogs(trainer.programs.objectiveFor(data));
  running.add(outputs, data.rows);
  return running.logs;
}

interface FailedStep {
  readonly trainer: Trainer;
  readonly store: VariableStore;
  readonly data: ModelData;
  readonly feeds: StepFeeds;
}

/** Looks for the first layer whose result is not finite. */
async function explained(loss: number, { trainer, store, data, feeds }: FailedStep): Promise<NonFiniteError> {
  const start = await store.snapshot();
  const replay = { store, data, feeds: [feeds], sizes: [data.rows], masked: false };
  const layer = await findNonFiniteLayer(trainer, replay).catch(() => undefined);
  await store.restore(start);
  const input = findNonFiniteInput(data, rowRange(0, data.rows));
  const place = { epoch: 0, batch: 0, layer, input, single: true };
  return new NonFiniteError(loss, place, trainer.optimizer.learningRate);
}
