/** What `compile` takes, brought into one form: a list with an entry for each output of the model. */
import { ArgumentError } from "../../util/errors.ts";
import { didYouMean } from "../../util/suggest.ts";
import { checkLoss, type LossLike } from "../losses/get-loss.ts";
import { checkMetric, type MetricLike } from "../metrics/get-metric.ts";
import { getOptimizer, type OptimizerName } from "../optimizers/get-optimizer.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { describe } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";

/** One for all outputs, or one for each: in a list, or by the output's name. */
export type PerOutput<T> = T | readonly (T | null)[] | Readonly<Record<string, T>>;

export interface CompileOptions {
  /** An optimizer or its name. Default "rmsprop", as in Keras. */
  readonly optimizer?: Optimizer | OptimizerName | undefined;
  /** A loss, its name or a function of labels and predictions. */
  readonly loss?: PerOutput<LossLike> | undefined;
  /** What each output's loss is multiplied with in the sum. */
  readonly lossWeights?: PerOutput<number> | undefined;
  /** Metrics, which count every example the same. With several outputs: a list for each. */
  readonly metrics?: PerOutput<MetricLike | readonly MetricLike[]> | undefined;
  /** Metrics that count examples by their sample or class weights. */
  readonly weightedMetrics?: PerOutput<MetricLike | readonly MetricLike[]> | undefined;
}

/** What to optimise and to watch, for each output in the model's order. */
export interface CompiledOptions {
  readonly optimizer: Optimizer;
  readonly losses: readonly (LossLike | undefined)[];
  readonly lossWeights: readonly (number | undefined)[];
  readonly metrics: readonly (readonly MetricLike[])[];
  readonly weightedMetrics: readonly (readonly MetricLike[])[];
}

const keep = (value: unknown): unknown => value;
const known = { optimizer: keep, loss: keep, lossWeights: keep, metrics: keep, weightedMetrics: keep };

/** Checks everything that can be checked without data. */
export function readCompileOptions(options: CompileOptions, outputs: readonly string[]): CompiledOptions {
  const given = readOptions("compile", options, known) as CompileOptions;
  const losses = perOutput<LossLike>("loss", given.loss, outputs);
  losses.forEach((loss, i) => {
    if (loss !== undefined) checkLoss(placeIn("loss", given.loss, outputs, i), loss);
  });
  const lossWeights = perOutput<number>("lossWeights", given.lossWeights, outputs);
  for (const weight of lossWeights)
    if (weight !== undefined && !Number.isFinite(weight))
      throw new ArgumentError("lossWeights", `lossWeights: expected numbers; got ${describe(weight)}`);
  return {
    optimizer: getOptimizer(given.optimizer ?? "rmsprop"),
    losses,
    lossWeights,
    metrics: readMetrics("metrics", given.metrics, outputs),
    weightedMetrics: readMetrics("weightedMetrics", given.weightedMetrics, outputs),
  };
}

function placeIn(argument: string, given: unknown, outputs: readonly string[], i: number): string {
  if (Array.isArray(given)) return `${argument}[${i}]`;
  return isRecord(given) ? `${argument}.${outputs[i]}` : argument;
}

/** Spreads a single value over all outputs, a list or a record over theirs. */
function perOutput<T>(argument: string, given: unknown, outputs: readonly string[]): (T | undefined)[] {
  if (given === undefined || given === null) return outputs.map(() => undefined);
  if (Array.isArray(given)) return fromList<T>(argument, given, outputs);
  if (!isRecord(given)) return outputs.map(() => given as T);
  return fromRecord<T>(argument, given, outputs);
}

function fromList<T>(
  argument: string,
  given: readonly unknown[],
  outputs: readonly string[],
): (T | undefined)[] {
  if (given.length !== outputs.length)
    throw new ArgumentError(
      argument,
      `${argument}: the list has ${given.length} entries, but the model has ${outputs.length} ` +
        `${outputs.length === 1 ? "output" : "outputs"} (${outputs.join(", ")})`,
    );
  return given.map((value) => (value === null ? undefined : (value as T)));
}

function fromRecord<T>(
  argument: string,
  given: Readonly<Record<string, unknown>>,
  outputs: readonly string[],
): (T | undefined)[] {
  for (const key of Object.keys(given))
    if (!outputs.includes(key))
      throw new ArgumentError(
        argument,
        `${argument}: the model has no output "${key}"${didYouMean(key, outputs) || `; it has ${outputs.join(", ")}`}`,
      );
  return outputs.map((name) => given[name] as T | undefined);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function readMetrics(
  argument: string,
  given: unknown,
  outputs: readonly string[],
): (readonly MetricLike[])[] {
  const isFlatList = Array.isArray(given) && (outputs.length === 1 || given.length === 0);
  const lists = isFlatList ? outputs.map(() => given) : perOutput<unknown>(argument, given, outputs);
  return lists.map((metrics, output) => {
    if (metrics === undefined) return [];
    const list = (Array.isArray(metrics) ? metrics : [metrics]).flat() as unknown[];
    return list.map((metric, i) => {
      checkMetric(
        outputs.length === 1 ? `${argument}[${i}]` : `${argument}.${outputs[output]}[${i}]`,
        metric,
      );
      return metric;
    });
  });
}
