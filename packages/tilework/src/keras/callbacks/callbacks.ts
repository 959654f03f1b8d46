/** The namespace `callbacks`: each callback as a class and a factory. */
export { Callback, type CallbackLike, type CallbackMethods, type Logs } from "./callback.ts";
export { EarlyStopping, type EarlyStoppingOptions, earlyStopping } from "./early-stopping.ts";
export { History } from "./history.ts";
export { LambdaCallback, lambdaCallback } from "./lambda-callback.ts";
export {
  type EpochSchedule,
  LearningRateScheduler,
  learningRateScheduler,
} from "./learning-rate-scheduler.ts";
export {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  reduceLROnPlateau,
} from "./reduce-lr-on-plateau.ts";
export { TerminateOnNaN, terminateOnNaN } from "./terminate-on-nan.ts";
