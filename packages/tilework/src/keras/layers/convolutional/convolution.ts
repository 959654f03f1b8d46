import type { Value } from "../../../graph/value.ts";
import { convolution } from "../../../ops/convolution/convolution.ts";
import type { PaddingMode } from "../../../ops/convolution/resolve-padding.ts";
import type { WindowOptions } from "../../../ops/convolution/window.ts";
import { ArgumentError, ShapeError } from "../../../util/errors.ts";
import { serializeInitializer } from "../../initializers/get-initializer.ts";
import type { Initializer, KerasConfig } from "../../initializers/initializer.ts";
import { oneOf, optional, positiveInteger } from "../../options/checks.ts";
import { joinArguments, readOptions } from "../../options/read-options.ts";
import { initializerOr } from "../initializer-option.ts";
import { ownerOf } from "../owner.ts";
import type { Weight } from "../weight.ts";
import { SlidingKernel, slidingKernelChecks } from "./sliding-kernel.ts";

/** Slides kernels over all channels at once: each filter is a weighted sum of a window. */
export abstract class Convolution extends SlidingKernel {
  readonly filters: number;
  readonly groups: number;
  readonly kernelInitializer: Initializer;

  constructor(rank: number, args: readonly unknown[]) {
    const owner = ownerOf(new.target);
    const modes: readonly PaddingMode[] = rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"];
    const checked = readOptions(owner, joinArguments(owner, ["filters", "kernelSize"], args), {
      filters: positiveInteger,
      ...slidingKernelChecks(rank),
      padding: optional(oneOf(...modes), "valid"),
      groups: optional(positiveInteger, 1),
      kernelInitializer: initializerOr("glorot_uniform"),
    });
    if (checked.filters % checked.groups !== 0)
      throw new ArgumentError(
        "groups",
        `${checked.name ?? owner}: groups must divide filters, got ${checked.groups} groups for ${checked.filters} filters`,
      );
    super(rank, owner, checked);
    this.filters = checked.filters;
    this.groups = checked.groups;
    this.kernelInitializer = checked.kernelInitializer;
  }

  protected override checkChannels(channels: number): void {
    if (channels % this.groups !== 0)
      throw new ShapeError(
        `${this.name}: groups must divide the input channels, got ${this.groups} groups for ${channels}`,
      );
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override addKernel(channels: number): Weight {
    const shape = [...this.kernelSize, channels / this.groups, this.filters];
    return this.addWeight({ name: "kernel", shape, initializer: this.kernelInitializer });
  }

  protected override builtChannels(kernel: Weight): number {
    return kernel.shape[this.rank]! * this.groups;
  }

  protected override slide(images: Value, kernel: Value, window: WindowOptions): Value {
    return convolution(images, kernel, { ...window, groups: this.groups });
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      filters: this.filters,
      groups: this.groups,
      kernel_initializer: serializeInitializer(this.kernelInitializer),
    };
  }
}
