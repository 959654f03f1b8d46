import type { HostData } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { fillNormal, fillTruncatedNormal, fillUniform } from "../../tensor/random.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { finite, numberBetween, optional, seedNumber } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";
import { Initializer, type KerasConfig } from "./initializer.ts";

export interface SeedOptions {
  /** Makes every weight of this initializer start alike; default: each weight its own part of the global stream. */
  readonly seed?: number | undefined;
}

export interface NormalOptions extends SeedOptions {
  /** Default 0. */
  readonly mean?: number | undefined;
  /** Default 0.05. */
  readonly stddev?: number | undefined;
}

export interface UniformOptions extends SeedOptions {
  /** Default -0.05. */
  readonly minval?: number | undefined;
  /** Default 0.05. */
  readonly maxval?: number | undefined;
}

const normalChecks = {
  mean: optional(finite, 0),
  stddev: optional(numberBetween(0, Infinity), 0.05),
  seed: optional(seedNumber, undefined),
};

/** Normal with mean 0 and standard deviation 0.05, unless told otherwise. */
export class RandomNormal extends Initializer {
  readonly className: "RandomNormal" | "TruncatedNormal" = "RandomNormal";
  readonly mean: number;
  readonly stddev: number;
  readonly seed: number | undefined;

  constructor(options: NormalOptions = {}) {
    super();
    const { mean, stddev, seed } = readOptions("random normal initializer", options, normalChecks);
    this.mean = mean;
    this.stddev = stddev;
    this.seed = seed;
  }

  override values(shape: Shape, _dtype: Dtype, seed: number): HostData {
    return fillNormal(new Float32Array(sizeOf(shape)), this.seed ?? seed, this.mean, this.stddev);
  }

  override getConfig(): KerasConfig {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed ?? null };
  }
}

/** Normal, without what lies more than two deviations from the mean. */
export class TruncatedNormal extends RandomNormal {
  override readonly className = "TruncatedNormal" as const;

  override values(shape: Shape, _dtype: Dtype, seed: number): HostData {
    return fillTruncatedNormal(new Float32Array(sizeOf(shape)), this.seed ?? seed, this.mean, this.stddev);
  }
}

/** Uniform in [-0.05, 0.05), unless told otherwise. */
export class RandomUniform extends Initializer {
  readonly className = "RandomUniform" as const;
  readonly minval: number;
  readonly maxval: number;
  readonly seed: number | undefined;

  constructor(options: UniformOptions = {}) {
    super();
    const { minval, maxval, seed } = readOptions("random uniform initializer", options, {
      minval: optional(finite, -0.05),
      maxval: optional(finite, 0.05),
      seed: optional(seedNumber, undefined),
    });
    this.minval = minval;
    this.maxval = maxval;
    this.seed = seed;
  }

  override values(shape: Shape, _dtype: Dtype, seed: number): HostData {
    return fillUniform(new Float32Array(sizeOf(shape)), this.seed ?? seed, this.minval, this.maxval);
  }

  override getConfig(): KerasConfig {
    return { minval: this.minval, maxval: this.maxval, seed: this.seed ?? null };
  }
}
