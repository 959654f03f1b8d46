/**
 * Start values whose variance follows from the number of a unit's inputs and outputs, so that signals neither grow
 * nor fade with depth (Glorot and Bengio 2010; He et al., arXiv 1502.01852; LeCun et al. 1998).
 */
import type { HostData } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { fillNormal, fillTruncatedNormal, fillUniform } from "../../tensor/random.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { numberBetween, oneOf, optional, seedNumber } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";
import { fansOf } from "./fans.ts";
import { Initializer, type KerasConfig } from "./initializer.ts";
import type { SeedOptions } from "./random-initializers.ts";

export type FanMode = "fan_in" | "fan_out" | "fan_avg";
export type ScalingDistribution = "truncated_normal" | "untruncated_normal" | "uniform";

export interface VarianceScalingOptions extends SeedOptions {
  /** Variance times the fan. Default 1. */
  readonly scale?: number | undefined;
  /** Default "fan_in". */
  readonly mode?: FanMode | undefined;
  /** Default "truncated_normal". */
  readonly distribution?: ScalingDistribution | undefined;
}

/** The standard deviation of a standard normal cut off at two deviations. */
const truncatedDeviation = 0.87962566103423978;

/** Variance `scale / fan`. */
export class VarianceScaling extends Initializer {
  readonly className: string = "VarianceScaling";
  readonly scale: number;
  readonly mode: FanMode;
  readonly distribution: ScalingDistribution;
  readonly seed: number | undefined;

  constructor(options: VarianceScalingOptions = {}) {
    super();
    const checked = readOptions("variance scaling initializer", options, {
      scale: optional(numberBetween(Number.MIN_VALUE, Infinity), 1),
      mode: optional(oneOf("fan_in", "fan_out", "fan_avg"), "fan_in"),
      distribution: optional(oneOf("truncated_normal", "untruncated_normal", "uniform"), "truncated_normal"),
      seed: optional(seedNumber, undefined),
    });
    this.scale = checked.scale;
    this.mode = checked.mode;
    this.distribution = checked.distribution;
    this.seed = checked.seed;
  }

  override values(shape: Shape, _dtype: Dtype, seed: number): HostData {
    const { fanIn, fanOut } = fansOf(shape);
    const fan = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[this.mode];
    const variance = this.scale / Math.max(1, fan);
    return this.#fill(new Float32Array(sizeOf(shape)), this.seed ?? seed, variance);
  }

  override getConfig(): KerasConfig {
    return { scale: this.scale, mode: this.mode, distribution: this.distribution, seed: this.seed ?? null };
  }

  #fill(out: Float32Array, seed: number, variance: number): Float32Array {
    switch (this.distribution) {
      case "uniform": {
        const limit = Math.sqrt(3 * variance);
        return fillUniform(out, seed, -limit, limit);
      }
      case "untruncated_normal":
        return fillNormal(out, seed, 0, Math.sqrt(variance));
      case "truncated_normal":
        return fillTruncatedNormal(out, seed, 0, Math.sqrt(variance) / truncatedDeviation);
    }
  }
}

/** A VarianceScaling under a name of its own: only the seed is open. */
class NamedScaling extends VarianceScaling {
  constructor(scaling: VarianceScalingOptions, options: SeedOptions) {
    const { seed } = readOptions("initializer", options, { seed: optional(seedNumber, undefined) });
    super({ ...scaling, seed });
  }

  override getConfig(): KerasConfig {
    return { seed: this.seed ?? null };
  }
}

/** Uniform in ±sqrt(6 / (fanIn + fanOut)): the default of kernels. */
export class GlorotUniform extends NamedScaling {
  override readonly className = "GlorotUniform" as const;
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: "fan_avg", distribution: "uniform" }, options);
  }
}

/** Truncated normal with variance 2 / (fanIn + fanOut). */
export class GlorotNormal extends NamedScaling {
  override readonly className = "GlorotNormal" as const;
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: "fan_avg", distribution: "truncated_normal" }, options);
  }
}

/** Uniform in ±sqrt(6 / fanIn). */
export class HeUniform extends NamedScaling {
  override readonly className = "HeUniform" as const;
  constructor(options: SeedOptions = {}) {
    super({ scale: 2, mode: "fan_in", distribution: "uniform" }, options);
  }
}

/** Truncated normal with variance 2 / fanIn. */
export class HeNormal extends NamedScaling {
  override readonly className = "HeNormal" as const;
  constructor(options: SeedOptions = {}) {
    super({ scale: 2, mode: "fan_in", distribution: "truncated_normal" }, options);
  }
}

/** Uniform in ±sqrt(3 / fanIn). */
export class LecunUniform extends NamedScaling {
  override readonly className = "LecunUniform" as const;
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: "fan_in", distribution: "uniform" }, options);
  }
}

/** Truncated normal with variance 1 / fanIn. */
export class LecunNormal extends NamedScaling {
  override readonly className = "LecunNormal" as const;
  constructor(options: SeedOptions = {}) {
    super({ scale: 1, mode: "fan_in", distribution: "truncated_normal" }, options);
  }
}
