import type { Value } from "../../../graph/value.ts";
import { depthwiseConvolution } from "../../../ops/convolution/depthwise-convolution.ts";
import type { WindowOptions } from "../../../ops/convolution/window.ts";
import { serializeInitializer } from "../../initializers/get-initializer.ts";
import type { Initializer, KerasConfig } from "../../initializers/initializer.ts";
import { oneOf, optional, positiveInteger } from "../../options/checks.ts";
import { joinArguments, readOptions } from "../../options/read-options.ts";
import { initializerOr } from "../initializer-option.ts";
import { ownerOf } from "../owner.ts";
import type { Weight } from "../weight.ts";
import { SlidingKernel, slidingKernelChecks } from "./sliding-kernel.ts";

/** Convolves each channel by itself with `depthMultiplier` kernels of its own. */
export abstract class DepthwiseConvolution extends SlidingKernel {
  readonly depthMultiplier: number;
  readonly depthwiseInitializer: Initializer;

  constructor(rank: number, args: readonly unknown[]) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, ["kernelSize"], args), {
      ...slidingKernelChecks(rank),
      padding: optional(oneOf("valid", "same"), "valid"),
      depthMultiplier: optional(positiveInteger, 1),
      depthwiseInitializer: initializerOr("glorot_uniform"),
    });
    super(rank, owner, checked);
    this.depthMultiplier = checked.depthMultiplier;
    this.depthwiseInitializer = checked.depthwiseInitializer;
  }

  protected override outputChannels(channels: number): number {
    return channels * this.depthMultiplier;
  }

  protected override addKernel(channels: number): Weight {
    const shape = [...this.kernelSize, channels, this.depthMultiplier];
    return this.addWeight({ name: "kernel", shape, initializer: this.depthwiseInitializer });
  }

  protected override builtChannels(kernel: Weight): number {
    return kernel.shape[this.rank]!;
  }

  protected override slide(images: Value, kernel: Value, window: WindowOptions): Value {
    return depthwiseConvolution(images, kernel, window);
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      depth_multiplier: this.depthMultiplier,
      depthwise_initializer: serializeInitializer(this.depthwiseInitializer),
    };
  }
}
