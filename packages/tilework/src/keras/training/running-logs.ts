import type { StepOutputs } from "../../runtime/device.ts";
import type { Logs } from "../callbacks/callback.ts";
import { addToState } from "../metrics/metric.ts";
import type { Objective } from "./objective.ts";

/** The values of an epoch so far: losses averaged over the batches by their sizes, metrics by their own sums. */
export class RunningLogs {
  readonly #objective: Objective;
  #examples = 0;
  readonly #losses: Map<string, number> = new Map();
  readonly #states: Record<string, Float64Array>[];

  constructor(objective: Objective) {
    this.#objective = objective;
    this.#states = objective.metrics.map(() => ({}));
  }

  /** Takes what a step of `batch` examples gave. */
  add(outputs: StepOutputs, batch: number): void {
    this.#examples += batch;
    this.#addLoss("loss", outputs.loss![0]!, batch);
    this.#objective.losses.forEach(({ logName }, i) => {
      const own = outputs[`loss.${i}`];
      if (own !== undefined) this.#addLoss(logName, own[0]!, batch);
    });
    for (const [name, contribution] of Object.entries(outputs)) {
      const [kind, index, sum] = name.split(".");
      if (kind === "metric") addToState(this.#states[Number(index)]!, sum!, contribution);
    }
  }

  #addLoss(name: string, loss: number, batch: number): void {
    this.#losses.set(name, (this.#losses.get(name) ?? 0) + loss * batch);
  }

  /** The values by name, in alphabetical order as Keras shows them. */
  get logs(): Logs {
    const values = new Map<string, number>();
    for (const [name, sum] of this.#losses) values.set(name, sum / this.#examples);
    this.#objective.metrics.forEach(({ metric, logName }, i) => {
      values.set(logName, metric.result(this.#states[i]!));
    });
    return sortedLogs(Object.fromEntries(values));
  }
}

/** The same values, names in alphabetical order. */
export function sortedLogs(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
