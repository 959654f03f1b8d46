/** Tilework's public names: the only barrel. */

export type { ExplainedBuffer } from "./compiler/explain/explain-plan.ts";
export type { Value } from "./graph/value.ts";
export type { ActivationFunction, ActivationInput, ActivationName } from "./keras/activations/activation.ts";
export * as activations from "./keras/activations/activations.ts";
export type { CallbackParams } from "./keras/callbacks/callback.ts";
export { Callback, type CallbackLike, type Logs } from "./keras/callbacks/callback.ts";
export * as callbacks from "./keras/callbacks/callbacks.ts";
export type { History } from "./keras/callbacks/history.ts";
export type {
  InitializerInput,
  InitializerName,
  SerializedInitializer,
} from "./keras/initializers/get-initializer.ts";
export type { KerasConfig } from "./keras/initializers/initializer.ts";
export * as initializers from "./keras/initializers/initializers.ts";
export {
  Activation,
  type ActivationOptions,
  activation,
} from "./keras/layers/activations/activation-layer.ts";
export { ELU, type ELUOptions, elu } from "./keras/layers/activations/elu.ts";
export { LeakyReLU, type LeakyReLUOptions, leakyRelu } from "./keras/layers/activations/leaky-relu.ts";
export { ReLU, type ReLUOptions, relu } from "./keras/layers/activations/relu.ts";
export { Softmax, type SoftmaxOptions, softmax } from "./keras/layers/activations/softmax.ts";
export type { CallContext, CallSeed } from "./keras/layers/call-context.ts";
export { Conv1D, conv1d } from "./keras/layers/convolutional/conv-1d.ts";
export { Conv2D, conv2d } from "./keras/layers/convolutional/conv-2d.ts";
export { Conv3D, conv3d } from "./keras/layers/convolutional/conv-3d.ts";
export type {
  Convolution1DOptions,
  ConvolutionOptions,
  DepthwiseOptions,
  SlidingKernelOptions,
} from "./keras/layers/convolutional/convolution-options.ts";
export { DepthwiseConv1D, depthwiseConv1d } from "./keras/layers/convolutional/depthwise-conv-1d.ts";
export { DepthwiseConv2D, depthwiseConv2d } from "./keras/layers/convolutional/depthwise-conv-2d.ts";
export type { SlidingKernelSettings } from "./keras/layers/convolutional/sliding-kernel.ts";
export { Dense, type DenseOptions, dense } from "./keras/layers/core/dense.ts";
export type { DataFormat } from "./keras/layers/data-format.ts";
export {
  InputLayer,
  type InputLayerOptions,
  type InputOptions,
  input,
  inputLayer,
} from "./keras/layers/input-layer.ts";
export { type KerasShape, KerasTensor } from "./keras/layers/keras-tensor.ts";
export { type ApplyOptions, Layer, type LayerOptions } from "./keras/layers/layer.ts";
export { Add, add } from "./keras/layers/merging/add.ts";
export { Concatenate, type ConcatenateOptions, concatenate } from "./keras/layers/merging/concatenate.ts";
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  batchNormalization,
} from "./keras/layers/normalization/batch-normalization.ts";
export {
  AdaptiveAveragePooling1D,
  adaptiveAveragePooling1d,
} from "./keras/layers/pooling/adaptive-average-pooling-1d.ts";
export {
  AdaptiveAveragePooling2D,
  adaptiveAveragePooling2d,
} from "./keras/layers/pooling/adaptive-average-pooling-2d.ts";
export {
  AdaptiveAveragePooling3D,
  adaptiveAveragePooling3d,
} from "./keras/layers/pooling/adaptive-average-pooling-3d.ts";
export {
  AdaptiveMaxPooling1D,
  adaptiveMaxPooling1d,
} from "./keras/layers/pooling/adaptive-max-pooling-1d.ts";
export {
  AdaptiveMaxPooling2D,
  adaptiveMaxPooling2d,
} from "./keras/layers/pooling/adaptive-max-pooling-2d.ts";
export {
  AdaptiveMaxPooling3D,
  adaptiveMaxPooling3d,
} from "./keras/layers/pooling/adaptive-max-pooling-3d.ts";
export type { AdaptivePoolingOptions } from "./keras/layers/pooling/adaptive-pooling.ts";
export {
  AveragePooling1D,
  AveragePooling1D as AvgPool1D,
  averagePooling1d,
  averagePooling1d as avgPool1d,
} from "./keras/layers/pooling/average-pooling-1d.ts";
export {
  AveragePooling2D,
  AveragePooling2D as AvgPool2D,
  averagePooling2d,
  averagePooling2d as avgPool2d,
} from "./keras/layers/pooling/average-pooling-2d.ts";
export {
  AveragePooling3D,
  AveragePooling3D as AvgPool3D,
  averagePooling3d,
  averagePooling3d as avgPool3d,
} from "./keras/layers/pooling/average-pooling-3d.ts";
export {
  GlobalAveragePooling1D,
  GlobalAveragePooling1D as GlobalAvgPool1D,
  globalAveragePooling1d,
  globalAveragePooling1d as globalAvgPool1d,
} from "./keras/layers/pooling/global-average-pooling-1d.ts";
export {
  GlobalAveragePooling2D,
  GlobalAveragePooling2D as GlobalAvgPool2D,
  globalAveragePooling2d,
  globalAveragePooling2d as globalAvgPool2d,
} from "./keras/layers/pooling/global-average-pooling-2d.ts";
export {
  GlobalAveragePooling3D,
  GlobalAveragePooling3D as GlobalAvgPool3D,
  globalAveragePooling3d,
  globalAveragePooling3d as globalAvgPool3d,
} from "./keras/layers/pooling/global-average-pooling-3d.ts";
export {
  GlobalMaxPooling1D,
  GlobalMaxPooling1D as GlobalMaxPool1D,
  globalMaxPooling1d,
  globalMaxPooling1d as globalMaxPool1d,
} from "./keras/layers/pooling/global-max-pooling-1d.ts";
export {
  GlobalMaxPooling2D,
  GlobalMaxPooling2D as GlobalMaxPool2D,
  globalMaxPooling2d,
  globalMaxPooling2d as globalMaxPool2d,
} from "./keras/layers/pooling/global-max-pooling-2d.ts";
export {
  GlobalMaxPooling3D,
  GlobalMaxPooling3D as GlobalMaxPool3D,
  globalMaxPooling3d,
  globalMaxPooling3d as globalMaxPool3d,
} from "./keras/layers/pooling/global-max-pooling-3d.ts";
export type { GlobalPoolingOptions } from "./keras/layers/pooling/global-pooling.ts";
export {
  MaxPooling1D,
  MaxPooling1D as MaxPool1D,
  maxPooling1d,
  maxPooling1d as maxPool1d,
} from "./keras/layers/pooling/max-pooling-1d.ts";
export {
  MaxPooling2D,
  MaxPooling2D as MaxPool2D,
  maxPooling2d,
  maxPooling2d as maxPool2d,
} from "./keras/layers/pooling/max-pooling-2d.ts";
export {
  MaxPooling3D,
  MaxPooling3D as MaxPool3D,
  maxPooling3d,
  maxPooling3d as maxPool3d,
} from "./keras/layers/pooling/max-pooling-3d.ts";
export type { PoolingOptions } from "./keras/layers/pooling/pooling.ts";
export { Dropout, type DropoutOptions, dropout } from "./keras/layers/regularization/dropout.ts";
export { Flatten, type FlattenOptions, flatten } from "./keras/layers/reshaping/flatten.ts";
export { Reshape, type ReshapeOptions, reshape } from "./keras/layers/reshaping/reshape.ts";
export type { PaddingPair } from "./keras/layers/reshaping/zero-padding.ts";
export {
  ZeroPadding1D,
  type ZeroPadding1DOptions,
  type ZeroPadding1DSize,
  zeroPadding1d,
} from "./keras/layers/reshaping/zero-padding-1d.ts";
export {
  ZeroPadding2D,
  type ZeroPadding2DOptions,
  type ZeroPadding2DSize,
  zeroPadding2d,
} from "./keras/layers/reshaping/zero-padding-2d.ts";
export {
  ZeroPadding3D,
  type ZeroPadding3DOptions,
  type ZeroPadding3DSize,
  zeroPadding3d,
} from "./keras/layers/reshaping/zero-padding-3d.ts";
export type { Weight, WeightSpecification } from "./keras/layers/weight.ts";
export type { LossLike, LossName } from "./keras/losses/get-loss.ts";
export * as losses from "./keras/losses/losses.ts";
export * as metrics from "./keras/metrics/metrics.ts";
export type { ExplainOptions } from "./keras/models/explain/explain-options.ts";
export { type ModelArguments, model } from "./keras/models/functional.ts";
export { Model, type ModelOptions } from "./keras/models/model.ts";
export { Sequential, type SequentialItem, sequential } from "./keras/models/sequential.ts";
export type { SummaryOptions } from "./keras/models/summary/summary-options.ts";
export * as ops from "./keras/ops/ops.ts";
export type { GradientClipping } from "./keras/optimizers/clip-gradients.ts";
export type { OptimizerName } from "./keras/optimizers/get-optimizer.ts";
export type { LearningRate } from "./keras/optimizers/optimizer-options.ts";
export * from "./keras/optimizers/optimizers.ts";
export * as optimizers from "./keras/optimizers/optimizers.ts";
export type { Size1D, Size2D, Size3D } from "./keras/options/sizes.ts";
export type { ClassWeight } from "./keras/training/class-weights.ts";
export type { DataInput } from "./keras/training/columns.ts";
export type { CompileOptions, PerOutput } from "./keras/training/compile-options.ts";
export type {
  EvaluateOptions,
  FitOptions,
  PredictOptions,
  TestOnBatchOptions,
  TrainOnBatchOptions,
  Verbose,
} from "./keras/training/fit-options.ts";
export type { NonFinitePlace } from "./keras/training/non-finite-error.ts";
export { NonFiniteError } from "./keras/training/non-finite-error.ts";
export type { PaddingMode } from "./ops/convolution/resolve-padding.ts";
export type { Configuration, DeviceName } from "./runtime/configuration.ts";
export { configure, type DeviceInfo, deviceInfo } from "./runtime/configure.ts";
export type { VectorInstructions } from "./runtime/device.ts";
export { DeviceError } from "./runtime/device-error.ts";
export type { Instructions } from "./runtime/instructions.ts";
export { DeviceMemoryError } from "./runtime/memory-error.ts";
export { clearSession } from "./runtime/names.ts";
export { type PlanMemory, PlanMemoryError } from "./runtime/plan-memory-error.ts";
export { setRandomSeed } from "./runtime/random-seed.ts";
export { WorkerError } from "./runtime/worker-error.ts";
export type { Dtype, HostDtype } from "./tensor/dtype.ts";
export {
  type ArrayInput,
  NDArray,
  type NestedArray,
  type NestedNumbers,
  ndarray,
  type TypedArray,
} from "./tensor/ndarray.ts";
export type { Shape } from "./tensor/shape.ts";
export { ArgumentError, InternalError, ShapeError, TileworkError } from "./util/errors.ts";
