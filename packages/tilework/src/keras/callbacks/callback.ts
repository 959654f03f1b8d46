/** What happens around training: a class to extend, or a plain object with the methods of interest. */
import { ArgumentError } from "../../util/errors.ts";
import { didYouMean } from "../../util/suggest.ts";
import type { Model } from "../models/model.ts";

/** Values by name: `loss`, the metrics, and with `val_` before them those of the validation data. */
export type Logs = Record<string, number>;

/** What a run is about; handed to `setParams` before it starts. */
export interface CallbackParams {
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly steps: number | undefined;
  readonly verbose: 0 | 1 | 2;
}

/** The methods of a callback. Any may be left out; a promise is waited for before training goes on. */
export interface CallbackMethods {
  setParams?(params: CallbackParams): void;
  setModel?(model: Model): void;
  onTrainBegin?(logs?: Logs): unknown;
  onTrainEnd?(logs?: Logs): unknown;
  onEpochBegin?(epoch: number, logs?: Logs): unknown;
  onEpochEnd?(epoch: number, logs: Logs): unknown;
  onBatchBegin?(batch: number, logs?: Logs): unknown;
  onBatchEnd?(batch: number, logs: Logs): unknown;
  onTrainBatchBegin?(batch: number, logs?: Logs): unknown;
  onTrainBatchEnd?(batch: number, logs: Logs): unknown;
  onTestBegin?(logs?: Logs): unknown;
  onTestEnd?(logs: Logs): unknown;
  onTestBatchBegin?(batch: number, logs?: Logs): unknown;
  onTestBatchEnd?(batch: number, logs: Logs): unknown;
  onPredictBegin?(logs?: Logs): unknown;
  onPredictEnd?(logs?: Logs): unknown;
  onPredictBatchBegin?(batch: number, logs?: Logs): unknown;
  onPredictBatchEnd?(batch: number, logs?: Logs): unknown;
}

/** The events of a run, in Keras's names in camelCase. */
export const callbackEvents: readonly (keyof CallbackMethods)[] = [
  "onTrainBegin",
  "onTrainEnd",
  "onEpochBegin",
  "onEpochEnd",
  "onBatchBegin",
  "onBatchEnd",
  "onTrainBatchBegin",
  "onTrainBatchEnd",
  "onTestBegin",
  "onTestEnd",
  "onTestBatchBegin",
  "onTestBatchEnd",
  "onPredictBegin",
  "onPredictEnd",
  "onPredictBatchBegin",
  "onPredictBatchEnd",
];

/**
 * Base class of callbacks. `model` and `params` are set before the first event; setting `model.stopTraining` ends
 * `fit` after the running batch. Methods that a subclass adds are those of `CallbackMethods`.
 */
export abstract class Callback implements CallbackMethods {
  #model: Model | undefined;
  params: CallbackParams | undefined;

  /** The model that is being trained; throws outside a run. */
  get model(): Model {
    if (this.#model === undefined)
      throw new ArgumentError("callbacks", `${this.constructor.name} has no model before training begins`);
    return this.#model;
  }

  setParams(params: CallbackParams): void {
    this.params = params;
  }

  setModel(model: Model): void {
    this.#model = model;
  }
}

/**
 * A `Callback`, or a plain object such as `{ onEpochEnd(epoch, logs) {…} }`, whose methods find the model that is
 * being trained as `this.model`.
 */
export type CallbackLike =
  | Callback
  | (CallbackMethods & ThisType<CallbackMethods & { readonly model: Model }>);

/** Refuses what is no callback, and a plain object whose `on…` method no event calls. */
export function checkCallback(callback: unknown, argument: string): asserts callback is CallbackMethods {
  if (typeof callback !== "object" || callback === null)
    throw new ArgumentError(
      argument,
      `${argument}: expected a callback (an object with methods such as onEpochEnd); got ${typeof callback}`,
    );
  const known: readonly string[] = callbackEvents;
  for (const name of Object.keys(callback))
    if (name.startsWith("on") && !known.includes(name))
      throw new ArgumentError(
        argument,
        `${argument}: no event is called "${name}"${didYouMean(name, known)}`,
      );
}
