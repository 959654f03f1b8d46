import type { Value } from "../../../graph/value.ts";
import { add } from "../../../ops/binary/add.ts";
import { type PaddingMode, resolvePadding } from "../../../ops/convolution/resolve-padding.ts";
import type { WindowOptions } from "../../../ops/convolution/window.ts";
import { ArgumentError, ShapeError } from "../../../util/errors.ts";
import { type Activation, getActivation } from "../../activations/activation.ts";
import { serializeInitializer } from "../../initializers/get-initializer.ts";
import type { Initializer, KerasConfig } from "../../initializers/initializer.ts";
import { type Check, flag, optional } from "../../options/checks.ts";
import { layerChecks } from "../../options/read-options.ts";
import { sizes } from "../../options/sizes.ts";
import type { CallContext } from "../call-context.ts";
import {
  type DataFormat,
  dataFormatCheck,
  fromChannelsLast,
  type ImageShape,
  imageShape,
  joinShape,
  toChannelsLast,
} from "../data-format.ts";
import { initializerOr } from "../initializer-option.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import type { Weight } from "../weight.ts";
import { slidSizes } from "../window-shape.ts";

/** What all convolutions' options come to. */
export interface SlidingKernelSettings extends LayerOptions {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: PaddingMode;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly biasInitializer: Initializer;
}

type Checks<Settings> = { readonly [K in keyof Settings]-?: Check<Settings[K]> };

/** Checks of the options that all convolutions share, but for the padding. */
export function slidingKernelChecks(rank: number): Checks<Omit<SlidingKernelSettings, "padding">> {
  const ones: readonly number[] = new Array<number>(rank).fill(1);
  return {
    ...layerChecks,
    kernelSize: sizes(rank),
    strides: optional(sizes(rank), ones),
    dataFormat: dataFormatCheck,
    dilationRate: optional(sizes(rank), ones),
    activation: getActivation,
    useBias: optional(flag, true),
    biasInitializer: initializerOr("zeros"),
  };
}

/** A layer that slides a kernel over `rank` spatial axes, adds a bias and applies an activation. */
export abstract class SlidingKernel extends Layer {
  readonly rank: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: PaddingMode;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly biasInitializer: Initializer;
  #kernel: Weight | undefined;
  #bias: Weight | undefined;

  constructor(rank: number, owner: string, settings: SlidingKernelSettings) {
    const strided = settings.strides.some((stride) => stride > 1);
    if (strided && settings.dilationRate.some((rate) => rate > 1))
      throw new ArgumentError(
        "dilationRate",
        `${settings.name ?? owner}: strides and dilationRate cannot both be above 1, got [${settings.strides}] and [${settings.dilationRate}]`,
      );
    super(settings);
    this.rank = rank;
    this.kernelSize = settings.kernelSize;
    this.strides = settings.strides;
    this.padding = settings.padding;
    this.dataFormat = settings.dataFormat;
    this.dilationRate = settings.dilationRate;
    this.activation = settings.activation;
    this.useBias = settings.useBias;
    this.biasInitializer = settings.biasInitializer;
  }

  /** Channels of the result for these input channels. */
  protected abstract outputChannels(channels: number): number;

  /** The kernel as a weight; `[...kernelSize, …]`. */
  protected abstract addKernel(channels: number): Weight;

  /** Slides the kernel over images with channels behind. */
  protected abstract slide(images: Value, kernel: Value, window: WindowOptions): Value;

  /** Refuses input channels that the options do not allow. */
  protected checkChannels(_channels: number): void {}

  override build(input: KerasShape): void {
    const { channels } = this.#image(input);
    this.#kernel = this.addKernel(channels);
    if (!this.useBias) return;
    const shape = [this.outputChannels(channels)];
    this.#bias = this.addWeight({ name: "bias", shape, initializer: this.biasInitializer });
  }

  override call(input: Value, context: CallContext): Value {
    const images = toChannelsLast(input, this.dataFormat);
    const geometry = {
      sizes: images.shape.slice(1, -1),
      window: this.kernelSize,
      strides: this.strides,
      dilation: this.dilationRate,
    };
    const window = {
      strides: this.strides,
      dilation: this.dilationRate,
      padding: resolvePadding(this.padding, geometry),
    };
    const sums = this.slide(images, context.read(this.#kernel!), window);
    const result = this.#bias === undefined ? sums : add(sums, context.read(this.#bias));
    return this.activation.apply(fromChannelsLast(result, this.dataFormat));
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const { batch, spatial, channels } = this.#image(input);
    this.#checkBuilt(channels);
    const window = {
      sizes: this.kernelSize,
      strides: this.strides,
      dilation: this.dilationRate,
      padding: this.padding,
    };
    const words = {
      noun: "kernel",
      option: "kernelSize",
      earlier: "fewer layers that shrink the image",
    };
    return joinShape(
      {
        batch,
        spatial: slidSizes(this.name, spatial, window, words),
        channels: this.outputChannels(channels),
      },
      this.dataFormat,
    );
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      activation: this.activation.name,
      use_bias: this.useBias,
      bias_initializer: serializeInitializer(this.biasInitializer),
    };
  }

  #image(input: KerasShape): ImageShape & { readonly channels: number } {
    const image = imageShape(this.name, input, this.rank, this.dataFormat);
    if (image.channels === null)
      throw new ShapeError(
        `${this.name}: the number of its input channels must be known; give it in inputShape`,
      );
    this.checkChannels(image.channels);
    return { ...image, channels: image.channels };
  }

  #checkBuilt(channels: number): void {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    const built = this.builtChannels(kernel);
    if (built !== channels)
      throw new ShapeError(`${this.name}: its kernel is made for ${built} input channels, got ${channels}`);
  }

  /** The input channels that the kernel was made for. */
  protected abstract builtChannels(kernel: Weight): number;
}
