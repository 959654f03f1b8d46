import { Callback, type CallbackMethods, checkCallback } from "./callback.ts";

/** A callback made of functions: `lambdaCallback({ onEpochEnd: (epoch, logs) => … })`. */
export class LambdaCallback extends Callback {
  constructor(methods: Omit<CallbackMethods, "setModel" | "setParams">) {
    super();
    checkCallback(methods, "lambdaCallback");
    Object.assign(this, methods);
  }
}

/** Makes a `LambdaCallback`. */
export function lambdaCallback(methods: Omit<CallbackMethods, "setModel" | "setParams">): LambdaCallback {
  return new LambdaCallback(methods);
}
