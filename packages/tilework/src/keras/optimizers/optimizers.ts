/** The namespace `optimizers`: each optimizer as a class and a factory. */
export { Adam, type AdamOptions, adam } from "./adam.ts";
export { AdamW, adamw } from "./adamw.ts";
export { Optimizer, type OptimizerOptions, type UpdateContext, type UpdateResult } from "./optimizer.ts";
export { RMSprop, type RMSpropOptions, rmsprop } from "./rmsprop.ts";
export { SGD, type SGDOptions, sgd } from "./sgd.ts";
