/** The public namespace `initializers`: each class, and a factory of the same name in camelCase. */
import { Constant, type ConstantOptions, Ones, Zeros } from "./constant.ts";
import {
  type NormalOptions,
  RandomNormal,
  RandomUniform,
  type SeedOptions,
  TruncatedNormal,
  type UniformOptions,
} from "./random-initializers.ts";
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  VarianceScaling,
  type VarianceScalingOptions,
} from "./variance-scaling.ts";

export { Constant, type ConstantOptions, Ones, Zeros } from "./constant.ts";
export { Initializer } from "./initializer.ts";
export {
  type NormalOptions,
  RandomNormal,
  RandomUniform,
  type SeedOptions,
  TruncatedNormal,
  type UniformOptions,
} from "./random-initializers.ts";
export {
  type FanMode,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  type ScalingDistribution,
  VarianceScaling,
  type VarianceScalingOptions,
} from "./variance-scaling.ts";

/** Every element is `value` (default 0). */
export const constant = (options?: ConstantOptions | number): Constant => new Constant(options);
/** Every element is 0: the default of biases. */
export const zeros = (): Zeros => new Zeros();
/** Every element is 1. */
export const ones = (): Ones => new Ones();
/** Normal with mean 0 and deviation 0.05. */
export const randomNormal = (options?: NormalOptions): RandomNormal => new RandomNormal(options);
/** Uniform in [-0.05, 0.05). */
export const randomUniform = (options?: UniformOptions): RandomUniform => new RandomUniform(options);
/** Normal with mean 0 and deviation 0.05, cut off at two deviations. */
export const truncatedNormal = (options?: NormalOptions): TruncatedNormal => new TruncatedNormal(options);
/** Variance `scale / fan`. */
export const varianceScaling = (options?: VarianceScalingOptions): VarianceScaling =>
  new VarianceScaling(options);
/** Uniform in ±sqrt(6 / (fanIn + fanOut)): the default of kernels. */
export const glorotUniform = (options?: SeedOptions): GlorotUniform => new GlorotUniform(options);
/** Truncated normal with variance 2 / (fanIn + fanOut). */
export const glorotNormal = (options?: SeedOptions): GlorotNormal => new GlorotNormal(options);
/** Uniform in ±sqrt(6 / fanIn). */
export const heUniform = (options?: SeedOptions): HeUniform => new HeUniform(options);
/** Truncated normal with variance 2 / fanIn. */
export const heNormal = (options?: SeedOptions): HeNormal => new HeNormal(options);
/** Uniform in ±sqrt(3 / fanIn). */
export const lecunUniform = (options?: SeedOptions): LecunUniform => new LecunUniform(options);
/** Truncated normal with variance 1 / fanIn. */
export const lecunNormal = (options?: SeedOptions): LecunNormal => new LecunNormal(options);
