import type { TensorType } from "../../graph/value.ts";
import { platform } from "../../platform/current.ts";
import type { HostData, StepOutputs } from "../../runtime/device.ts";
import { NDArray } from "../../tensor/ndarray.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { CallbackList } from "../callbacks/callback-list.ts";
import { ProgbarLogger } from "../callbacks/progbar-logger.ts";
import { readOptions } from "../options/read-options.ts";
import { cutIntoBatches, rowRange } from "./batches.ts";
import { fillUp } from "./filled-batches.ts";
import { type PredictOptions, predictChecks, resolveVerbose } from "./fit-options.ts";
import { readModelData } from "./model-data.ts";
import { runSteps } from "./run-steps.ts";
import { StagedData } from "./staged-data.ts";
import type { Trainer } from "./trainer.ts";

/** Predictions for all examples: an array, or one for each output. */
export async function predict(
  trainer: Trainer,
  x: unknown,
  options: PredictOptions,
): Promise<NDArray | NDArray[]> {
  const { batchSize = 32, steps, signal, ...given } = readOptions("predict", options, predictChecks);
  const data = readModelData(trainer.model, x, undefined, undefined);
  const verbose = resolveVerbose(given.verbose, 0);
  const logger = verbose === 0 ? [] : [new ProgbarLogger(platform.terminal)];
  const callbacks = new CallbackList([...given.callbacks, ...logger]);
  const batches = cutIntoBatches(rowRange(0, data.rows), batchSize).slice(0, steps);
  const { device, store } = await trainer.programs.prepare({
    mode: "predict",
    data,
    batch: batches[0]!.length,
  });
  const program = await trainer.programs.load("predict", data, batches[0]!.length, { toStage: [data] });
  const { length } = batches[0]!;
  const last = batches.at(-1)!;
  const fills = last.length < length && trainer.programs.fillsBatch(data, length, program);
  const staged = new StagedData(device, data);
  const outputs: StepOutputs[] = [];
  callbacks.begin(trainer.model, { epochs: 1, steps: batches.length, verbose });
  try {
    await trainer.queue.pause(() => callbacks.predictBegin());
    await runSteps({
      store,
      batches: fills ? [...batches.slice(0, -1), fillUp(last, length)] : batches,
      signal,
      oneByOne: callbacks.needsEach("Predict"),
      load: (batch) => trainer.programs.load("predict", data, batch),
      feeds: (rows) => staged.feeds(rows),
      before: (step) => trainer.queue.pause(() => callbacks.batchBegin("Predict", step)),
      after: async (step, output) => {
        const isFilled = fills && step === batches.length - 1;
        outputs.push(isFilled ? firstRows(output, last.length / length) : output);
        if (callbacks.listensTo("Predict"))
          await trainer.queue.pause(() => callbacks.batchEnd("Predict", step, {}));
        return true;
      },
    });
    await trainer.queue.pause(() => callbacks.predictEnd());
  } finally {
    staged.release();
  }
  return joinPredictions(Object.values(program.outputs), outputs);
}

/** That share of every output's rows. */
function firstRows(outputs: StepOutputs, share: number): StepOutputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, data]) => [name, data.subarray(0, Math.round(data.length * share))]),
  );
}

/** Joins the steps' outputs along the axis of examples. */
export function joinPredictions(
  types: readonly TensorType[],
  steps: readonly StepOutputs[],
): NDArray | NDArray[] {
  const arrays = types.map(({ shape, dtype }, i) => {
    const rowShape = shape.slice(1);
    const parts = steps.map((outputs) => outputs[`output.${i}`]!);
    const data = joined(parts);
    return new NDArray(data, [data.length / sizeOf(rowShape), ...rowShape], dtype);
  });
  return arrays.length === 1 ? arrays[0]! : arrays;
}

function joined(parts: readonly HostData[]): HostData {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new (parts[0]!.constructor as new (length: number) => HostData)(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
