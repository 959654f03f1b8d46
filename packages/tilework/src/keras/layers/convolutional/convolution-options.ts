import type { ActivationInput } from "../../activations/activation.ts";
import type { InitializerInput } from "../../initializers/get-initializer.ts";
import type { DataFormat } from "../data-format.ts";
import type { LayerOptions } from "../layer.ts";

/** What all convolutions share; `Size` is a number, or one number a spatial axis. */
export interface SlidingKernelOptions<Size> extends LayerOptions {
  /** Sizes of the kernel in pixels. Required. */
  readonly kernelSize?: Size | undefined;
  /** Pixels from one place of the kernel to the next. Default 1. */
  readonly strides?: Size | undefined;
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
  /** Pixels from one tap of the kernel to the next. Default 1; other than 1 only with strides 1. */
  readonly dilationRate?: Size | undefined;
  /** What is applied to the result. Default: nothing ("linear"). */
  readonly activation?: ActivationInput | null | undefined;
  /** Whether a bias is added for each filter. Default true. */
  readonly useBias?: boolean | undefined;
  /** Default "zeros". */
  readonly biasInitializer?: InitializerInput | undefined;
}

/** Options of Conv2D and Conv3D. */
export interface ConvolutionOptions<Size> extends SlidingKernelOptions<Size> {
  /** Channels of the result. Required. */
  readonly filters?: number | undefined;
  /** "same" pads so that the result has ceil(size / stride) pixels. Default "valid". */
  readonly padding?: "valid" | "same" | undefined;
  /** Input channels and filters fall into this many groups that do not mix. Default 1. */
  readonly groups?: number | undefined;
  /** Default "glorot_uniform". */
  readonly kernelInitializer?: InitializerInput | undefined;
}

/** Options of Conv1D: "causal" pads only before, so that no step sees a later one. */
export interface Convolution1DOptions
  extends Omit<ConvolutionOptions<number | readonly [number]>, "padding"> {
  readonly padding?: "valid" | "same" | "causal" | undefined;
}

/** Options of the depthwise convolutions. */
export interface DepthwiseOptions<Size> extends SlidingKernelOptions<Size> {
  /** "same" pads so that the result has ceil(size / stride) pixels. Default "valid". */
  readonly padding?: "valid" | "same" | undefined;
  /** Results of each channel. Default 1. */
  readonly depthMultiplier?: number | undefined;
  /** Default "glorot_uniform". */
  readonly depthwiseInitializer?: InitializerInput | undefined;
}
