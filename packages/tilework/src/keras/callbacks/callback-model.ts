/** What a callback may do with the model that is being trained. */
import type { NDArray } from "../../tensor/ndarray.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";

export interface CallbackModel {
  readonly name: string;
  /** Set to true to end `fit` after the running batch; `fit` itself sets it to false when it begins. */
  stopTraining: boolean;
  readonly optimizer: Optimizer;
  /** For each metric's name, whether larger ("max") or smaller ("min") is better; left out when nobody knows. */
  readonly metricDirections: Readonly<Record<string, "max" | "min" | undefined>>;
  getWeights(): Promise<NDArray[]>;
  setWeights(weights: readonly NDArray[]): Promise<void>;
}
