/** The namespace `losses`: each loss as a class and a factory. */
export { BinaryCrossentropy, binaryCrossentropy } from "./binary-crossentropy.ts";
export { CategoricalCrossentropy, categoricalCrossentropy } from "./categorical-crossentropy.ts";
export type { CrossentropyOptions } from "./crossentropy-options.ts";
export type { LossFunction } from "./function-loss.ts";
export { Loss, type LossOptions, type Reduction } from "./loss.ts";
export { MeanAbsoluteError, meanAbsoluteError } from "./mean-absolute-error.ts";
export { MeanSquaredError, meanSquaredError } from "./mean-squared-error.ts";
export {
  SparseCategoricalCrossentropy,
  type SparseCategoricalCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from "./sparse-categorical-crossentropy.ts";
