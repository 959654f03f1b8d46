/** Losses and metrics made for the shapes of a model's labels, written into step programs. */
import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { cast } from "../../ops/unary/cast.ts";
import { ArgumentError } from "../../util/errors.ts";
import { getLoss } from "../losses/get-loss.ts";
import { Loss } from "../losses/loss.ts";
import { getMetric } from "../metrics/get-metric.ts";
import { MeanMetric } from "../metrics/mean-metric.ts";
import type { Metric } from "../metrics/metric.ts";
import { requireTensor } from "../options/require-tensor.ts";
import type { CompiledOptions } from "./compile-options.ts";

interface OutputLoss {
  readonly output: number;
  readonly loss: Loss;
  readonly weight: number | undefined;
  /** Name in the logs of this output's own loss. */
  readonly logName: string;
}

interface OutputMetric {
  readonly output: number;
  readonly metric: Metric;
  readonly weighted: boolean;
  /** Its place in `compile`'s options, for errors. */
  readonly argument: string;
  readonly logName: string;
}

export interface Objective {
  readonly losses: readonly OutputLoss[];
  readonly metrics: readonly OutputMetric[];
}

/** Labels and predictions of all outputs; undefined where an output has no labels or weights. */
export interface Batch {
  readonly labels: readonly (Value | undefined)[];
  readonly predictions: readonly Value[];
  readonly weights: readonly (Value | undefined)[];
  /** Which examples count, where not all of them do. */
  readonly mask?: BatchMask | undefined;
}

/** Examples that count in a batch that was filled up. */
export interface BatchMask {
  /** 1 for an example that counts, else 0: float32 of shape [batch]. */
  readonly counts: Value;
  /** The batch's size over the number of those that count: what a mean over the batch must be multiplied with. */
  readonly stretch: Value;
}

/** Makes losses and metrics for labels of these shapes. */
export function makeObjective(options: CompiledOptions, outputs: readonly string[], batch: Batch): Objective {
  const losses = options.losses.flatMap((identifier, output): OutputLoss[] => {
    if (identifier === undefined) return [];
    const loss = getLoss(
      identifier,
      labelsOf(batch, outputs, output).shape,
      batch.predictions[output]!.shape,
    );
    return [{ output, loss, weight: options.lossWeights[output], logName: `${outputs[output]}_loss` }];
  });
  return {
    losses,
    metrics: nameMetrics([
      ...metricsOf(options, outputs, batch, false),
      ...metricsOf(options, outputs, batch, true),
    ]),
  };
}

function metricsOf(
  options: CompiledOptions,
  outputs: readonly string[],
  batch: Batch,
  weighted: boolean,
): OutputMetric[] {
  const lists = weighted ? options.weightedMetrics : options.metrics;
  return lists.flatMap((identifiers, output) =>
    identifiers.map((identifier, i) => {
      const labels = labelsOf(batch, outputs, output);
      const owner = weighted ? "weightedMetrics" : "metrics";
      const argument = outputs.length === 1 ? `${owner}[${i}]` : `${owner}.${outputs[output]}[${i}]`;
      const metric = getMetric(identifier, labels.shape, batch.predictions[output]!.shape, argument);
      const logName = outputs.length === 1 ? metric.name : `${outputs[output]}_${metric.name}`;
      return { output, metric, weighted, argument, logName };
    }),
  );
}

/** Keeps names apart as Keras does: a weighted twin becomes `weighted_…`, further ones are counted. */
function nameMetrics(metrics: readonly OutputMetric[]): OutputMetric[] {
  const counts = new Map<string, number>();
  return metrics.map((entry) => {
    let name = entry.logName;
    if (entry.weighted && counts.has(name))
      name = name.replace(entry.metric.name, `weighted_${entry.metric.name}`);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return { ...entry, logName: count === 0 ? name : `${name}_${count}` };
  });
}

function labelsOf({ labels }: Batch, outputs: readonly string[], output: number): Value {
  const value = labels[output];
  if (value !== undefined) return value;
  const which = outputs.length === 1 ? "" : ` for the output "${outputs[output]}"`;
  throw new ArgumentError("y", `y: the labels${which} are missing`);
}

export interface WrittenObjective {
  /** The sum of all weighted losses, a float32 scalar. */
  readonly loss: Value;
  /** Outputs that the logs are made of; see `RunningLogs`. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** Writes the operations for one batch. */
export function writeObjective(objective: Objective, batch: Batch): WrittenObjective {
  const { mask } = batch;
  const single = objective.losses.map(({ output, loss }) => {
    const weight = maskedWeight(batch.weights[output], mask);
    const value = loss.reduce(batch.labels[output]!, batch.predictions[output]!, weight);
    return mask !== undefined && isMeanOverBatch(loss) ? multiply(value, mask.stretch) : value;
  });
  const weighted = single.map((value, i) => {
    const { weight } = objective.losses[i]!;
    return weight === undefined ? value : multiply(value, weight);
  });
  const outputs: Record<string, Value> = {};
  if (single.length > 1)
    single.forEach((value, i) => {
      outputs[`loss.${i}`] = value;
    });
  objective.metrics.forEach(({ output, metric, weighted: usesWeights, argument }, i) => {
    const weight = maskedWeight(usesWeights ? batch.weights[output] : undefined, mask);
    const sums = metric.contributions(batch.labels[output]!, batch.predictions[output]!, weight);
    for (const [name, value] of Object.entries(sums))
      outputs[`metric.${i}.${name}`] = cast(requireTensor(argument, value, metric.name), "float32");
  });
  const loss = weighted.reduce((sum, next) => add(sum, next));
  return { loss, outputs: { loss, ...outputs } };
}

/** Whether losses and metrics weigh examples as the library's own do, so that a weight of 0 leaves one out. */
export function mayBeMasked(
  { losses, metrics }: Objective,
  hasWeights: (output: number) => boolean,
): boolean {
  const reduces = ({ loss, output }: OutputLoss): boolean =>
    loss.reduce === Loss.prototype.reduce &&
    (loss.reduction !== "mean_with_sample_weight" || hasWeights(output));
  const weighs = ({ metric }: OutputMetric): boolean =>
    metric instanceof MeanMetric && metric.contributions === MeanMetric.prototype.contributions;
  return losses.every(reduces) && metrics.every(weighs);
}

function isMeanOverBatch({ reduction }: Loss): boolean {
  return reduction === "sum_over_batch_size" || reduction === "mean";
}

function maskedWeight(weight: Value | undefined, mask: BatchMask | undefined): Value | undefined {
  if (mask === undefined || weight === undefined) return mask?.counts ?? weight;
  const stretched = [mask.counts.shape[0]!, ...weight.shape.slice(1).fill(1)];
  return multiply(cast(weight, "float32"), reshape(mask.counts, stretched));
}
