/** Calls every callback in order, and waits for those that give a promise. */

import type { Model } from "../models/model.ts";
import { isPlainObject } from "../options/read-options.ts";
import {
  type CallbackLike,
  type CallbackMethods,
  type CallbackParams,
  checkCallback,
  type Logs,
} from "./callback.ts";

/** Callbacks that only look on (the progress line) may hear of a batch a little later than it happened. */
export interface LateCallback {
  readonly late: true;
}

/** What a batch is used for. */
export type BatchKind = "Train" | "Test" | "Predict";

export class CallbackList {
  readonly callbacks: readonly CallbackMethods[];

  constructor(callbacks: readonly CallbackLike[]) {
    callbacks.forEach((callback, at) => {
      checkCallback(callback, `callbacks[${at}]`);
    });
    this.callbacks = callbacks;
  }

  /** Whether some callback wants to act between one batch and the next. */
  needsEach(kind: BatchKind): boolean {
    return this.callbacks.some((callback) => !("late" in callback) && hearsBatches(callback, kind));
  }

  /** Whether any callback hears of batches. */
  listensTo(kind: BatchKind): boolean {
    return this.callbacks.some((callback) => hearsBatches(callback, kind));
  }

  begin(model: Model, params: CallbackParams): void {
    for (const callback of this.callbacks) {
      if (callback.setModel === undefined) giveModel(callback, model);
      callback.setModel?.(model);
      callback.setParams?.(params);
    }
  }

  async trainBegin(): Promise<void> {
    for (const callback of this.callbacks) await callback.onTrainBegin?.({});
  }

  async trainEnd(logs: Logs): Promise<void> {
    for (const callback of this.callbacks) await callback.onTrainEnd?.({ ...logs });
  }

  async epochBegin(epoch: number): Promise<void> {
    for (const callback of this.callbacks) await callback.onEpochBegin?.(epoch, {});
  }

  /** All callbacks get the same logs, so that one may add to them for those behind it, as in Keras. */
  async epochEnd(epoch: number, logs: Logs): Promise<void> {
    for (const callback of this.callbacks) await callback.onEpochEnd?.(epoch, logs);
  }

  async batchBegin(kind: BatchKind, batch: number): Promise<void> {
    for (const callback of this.callbacks) {
      await callback[`on${kind}BatchBegin`]?.(batch, {});
      if (kind === "Train") await callback.onBatchBegin?.(batch, {});
    }
  }

  async batchEnd(kind: BatchKind, batch: number, logs: Logs): Promise<void> {
    for (const callback of this.callbacks) {
      await callback[`on${kind}BatchEnd`]?.(batch, { ...logs });
      if (kind === "Train") await callback.onBatchEnd?.(batch, { ...logs });
    }
  }

  async testBegin(): Promise<void> {
    for (const callback of this.callbacks) await callback.onTestBegin?.({});
  }

  async testEnd(logs: Logs): Promise<void> {
    for (const callback of this.callbacks) await callback.onTestEnd?.({ ...logs });
  }

  async predictBegin(): Promise<void> {
    for (const callback of this.callbacks) await callback.onPredictBegin?.({});
  }

  async predictEnd(): Promise<void> {
    for (const callback of this.callbacks) await callback.onPredictEnd?.({});
  }
}

/** Methods of a plain object find the model as `this.model`, as those of a `Callback` do; its own `model` stays. */
function giveModel(callback: object, model: Model): void {
  if (!isPlainObject(callback) || !Object.isExtensible(callback)) return;
  const own = Object.getOwnPropertyDescriptor(callback, "model");
  if (own?.enumerable) return;
  Object.defineProperty(callback, "model", { value: model, configurable: true, enumerable: false });
}

function hearsBatches(callback: CallbackMethods, kind: BatchKind): boolean {
  const heard = callback[`on${kind}BatchBegin`] !== undefined || callback[`on${kind}BatchEnd`] !== undefined;
  const plain = callback.onBatchBegin !== undefined || callback.onBatchEnd !== undefined;
  return heard || (kind === "Train" && plain);
}
