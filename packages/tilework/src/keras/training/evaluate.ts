import { platform } from "../../platform/current.ts";
import type { VariableStore } from "../../runtime/device.ts";
import type { Logs } from "../callbacks/callback.ts";
import { CallbackList } from "../callbacks/callback-list.ts";
import { ProgbarLogger } from "../callbacks/progbar-logger.ts";
import { readOptions } from "../options/read-options.ts";
import { cutIntoBatches, rowRange } from "./batches.ts";
import type { FilledBatches } from "./filled-batches.ts";
import { type EvaluateOptions, evaluateChecks, resolveVerbose } from "./fit-options.ts";
import { runSteps } from "./run-steps.ts";
import { RunningLogs } from "./running-logs.ts";
import { StagedData } from "./staged-data.ts";
import type { Trainer } from "./trainer.ts";

/** Loss and metrics over all examples, by name. */
export async function evaluate(
  trainer: Trainer,
  x: unknown,
  y: unknown,
  options: EvaluateOptions,
): Promise<Logs> {
  const given = readOptions("evaluate", options, evaluateChecks);
  const data = trainer.readData("evaluate", x, y, given.sampleWeight);
  const verbose = resolveVerbose(given.verbose);
  const logger = verbose === 0 ? [] : [new ProgbarLogger(platform.terminal)];
  const callbacks = new CallbackList([...given.callbacks, ...logger]);
  trainer.checkLabels(data);
  const batches = cutIntoBatches(rowRange(0, data.rows), given.batchSize ?? 32).slice(0, given.steps);
  const [batch, rest] = [batches[0]!.length, batches.at(-1)!.length];
  const { device, store } = await trainer.programs.prepare({ mode: "test", data, batch, rest });
  const filled = await trainer.programs.fill("test", data, batches, { toStage: [data] });
  const staged = new StagedData(device, data);
  callbacks.begin(trainer.model, { epochs: 1, steps: batches.length, verbose });
  try {
    return await evaluateBatches(trainer, {
      store,
      staged,
      filled,
      callbacks,
      signal: given.signal,
    });
  } finally {
    staged.release();
  }
}

export interface Evaluation {
  readonly store: VariableStore;
  readonly staged: StagedData;
  readonly filled: FilledBatches;
  readonly callbacks: CallbackList;
  readonly signal: AbortSignal | undefined;
}

/** Runs the test steps over staged data. */
export async function evaluateBatches(trainer: Trainer, evaluation: Evaluation): Promise<Logs> {
  const { store, staged, filled, callbacks, signal } = evaluation;
  const { batches, masked } = filled;
  const running = new RunningLogs(trainer.programs.objectiveFor(staged.data));
  await trainer.queue.pause(() => callbacks.testBegin());
  await runSteps({
    store,
    batches: filled.steps,
    signal,
    oneByOne: callbacks.needsEach("Test"),
    load: (batch) => trainer.programs.load("test", staged.data, batch, { masked }),
    feeds: (rows, step) => ({ ...staged.feeds(rows), ...filled.feeds(step) }),
    before: (step) => trainer.queue.pause(() => callbacks.batchBegin("Test", step)),
    after: async (step, outputs) => {
      running.add(outputs, batches[step]!.length);
      if (callbacks.listensTo("Test"))
        await trainer.queue.pause(() => callbacks.batchEnd("Test", step, running.logs));
      return true;
    },
  });
  const { logs } = running;
  await trainer.queue.pause(() => callbacks.testEnd(logs));
  return logs;
}
