import type { Value } from "../../../graph/value.ts";
import { add } from "../../../ops/binary/add.ts";
import { multiply } from "../../../ops/binary/multiply.ts";
import { subtract } from "../../../ops/binary/subtract.ts";
import { moments } from "../../../ops/reduce/moments.ts";
import { reshape } from "../../../ops/shape/reshape.ts";
import { rsqrt } from "../../../ops/unary/powers.ts";
import { stopGradient } from "../../../ops/unary/stop-gradient.ts";
import { ShapeError } from "../../../util/errors.ts";
import { type InitializerInput, serializeInitializer } from "../../initializers/get-initializer.ts";
import type { Initializer, KerasConfig } from "../../initializers/initializer.ts";
import { flag, integer, numberBetween, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { resolveAxis } from "../axis.ts";
import type { CallContext } from "../call-context.ts";
import { initializerOr } from "../initializer-option.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";
import type { Weight } from "../weight.ts";

export interface BatchNormalizationOptions extends LayerOptions {
  /** The axis of the features; statistics are taken over all others. Default -1. */
  readonly axis?: number | undefined;
  /** How much of the moving statistics stays in each step. Default 0.99. */
  readonly momentum?: number | undefined;
  /** Added to the variance. Default 0.001. */
  readonly epsilon?: number | undefined;
  /** Whether an offset (beta) is learned. Default true. */
  readonly center?: boolean | undefined;
  /** Whether a factor (gamma) is learned. Default true. */
  readonly scale?: boolean | undefined;
  /** Default "zeros". */
  readonly betaInitializer?: InitializerInput | undefined;
  /** Default "ones". */
  readonly gammaInitializer?: InitializerInput | undefined;
  /** Default "zeros". */
  readonly movingMeanInitializer?: InitializerInput | undefined;
  /** Default "ones". */
  readonly movingVarianceInitializer?: InitializerInput | undefined;
}

const checks = {
  ...layerChecks,
  axis: optional(integer, -1),
  momentum: optional(numberBetween(0, 1), 0.99),
  epsilon: optional(numberBetween(0, Infinity), 0.001),
  center: optional(flag, true),
  scale: optional(flag, true),
  betaInitializer: initializerOr("zeros"),
  gammaInitializer: initializerOr("ones"),
  movingMeanInitializer: initializerOr("zeros"),
  movingVarianceInitializer: initializerOr("ones"),
};

/**
 * Brings each feature to mean 0 and variance 1, then scales and shifts it (Ioffe and Szegedy, arXiv 1502.03167).
 * Training uses the batch's own statistics and moves the moving ones; inference, and a frozen layer, use those.
 */
export class BatchNormalization extends Layer {
  static override readonly className: string = "BatchNormalization";
  static override readonly fixedConfig: KerasConfig = {
    synchronized: false,
    renorm: false,
    renorm_momentum: 0.99,
  };

  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #initializers: Readonly<Record<"beta" | "gamma" | "movingMean" | "movingVariance", Initializer>>;
  #gamma: Weight | undefined;
  #beta: Weight | undefined;
  #movingMean: Weight | undefined;
  #movingVariance: Weight | undefined;

  constructor(options?: BatchNormalizationOptions) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.axis = checked.axis;
    this.momentum = checked.momentum;
    this.epsilon = checked.epsilon;
    this.center = checked.center;
    this.scale = checked.scale;
    this.#initializers = {
      beta: checked.betaInitializer,
      gamma: checked.gammaInitializer,
      movingMean: checked.movingMeanInitializer,
      movingVariance: checked.movingVarianceInitializer,
    };
  }

  override build(input: KerasShape): void {
    const shape = [this.#features(input)];
    const { beta, gamma, movingMean, movingVariance } = this.#initializers;
    if (this.scale) this.#gamma = this.addWeight({ name: "gamma", shape, initializer: gamma });
    if (this.center) this.#beta = this.addWeight({ name: "beta", shape, initializer: beta });
    const statistic = { shape, trainable: false };
    this.#movingMean = this.addWeight({ ...statistic, name: "moving_mean", initializer: movingMean });
    this.#movingVariance = this.addWeight({
      ...statistic,
      name: "moving_variance",
      initializer: movingVariance,
    });
  }

  override call(input: Value, context: CallContext): Value {
    const axis = resolveAxis(this.name, this.axis, input.shape);
    const perFeature = input.shape.map((size, a) => (a === axis ? size : 1));
    const stretch = (weight: Weight): Value => reshape(context.read(weight), perFeature);
    const own = context.training && this.trainable;
    const [mean, variance] = own
      ? this.#batchStatistics(input, axis, context)
      : [stretch(this.#movingMean!), stretch(this.#movingVariance!)];
    const deviation = rsqrt(add(variance, this.epsilon));
    const factor = this.#gamma === undefined ? deviation : multiply(deviation, stretch(this.#gamma));
    const scaled = multiply(subtract(input, mean), factor);
    return this.#beta === undefined ? scaled : add(scaled, stretch(this.#beta));
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const features = this.#features(input);
    const built = this.#movingMean?.shape[0];
    if (built !== undefined && built !== features)
      throw new ShapeError(
        `${this.name}: is made for ${built} features along axis ${this.axis}, got ${features}`,
      );
    return input;
  }

  override getConfig(): KerasConfig {
    const { beta, gamma, movingMean, movingVariance } = this.#initializers;
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      beta_initializer: serializeInitializer(beta),
      gamma_initializer: serializeInitializer(gamma),
      moving_mean_initializer: serializeInitializer(movingMean),
      moving_variance_initializer: serializeInitializer(movingVariance),
    };
  }

  /** Mean and variance of the batch, with size 1 along all other axes; moves the moving statistics towards them. */
  #batchStatistics(input: Value, axis: number, context: CallContext): [mean: Value, variance: Value] {
    const [mean, variance] = moments(input, { axes: input.shape.map((_, a) => a).filter((a) => a !== axis) });
    this.#move(this.#movingMean!, mean, context);
    this.#move(this.#movingVariance!, variance, context);
    return [mean, variance];
  }

  #move(weight: Weight, statistic: Value, context: CallContext): void {
    const fresh = multiply(stopGradient(reshape(statistic, weight.shape)), 1 - this.momentum);
    context.update(weight, add(multiply(context.read(weight), this.momentum), fresh));
  }

  #features(input: KerasShape): number {
    const axis = resolveAxis(this.name, this.axis, input);
    const features = input[axis]!;
    if (features === null)
      throw new ShapeError(
        `${this.name}: the size of axis ${this.axis} of its input must be known; give it in inputShape`,
      );
    return features;
  }
}

/** Makes a BatchNormalization layer. */
export function batchNormalization(options?: BatchNormalizationOptions): BatchNormalization {
  return new BatchNormalization(options);
}
