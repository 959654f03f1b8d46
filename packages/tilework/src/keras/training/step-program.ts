/**
 * One step as one program: forward pass, loss, metrics, derivatives and updates for training; without the last two
 * for testing; the forward pass alone for prediction. Programs are made for one batch size.
 */
import { differentiate } from "../../compiler/differentiate.ts";
import { foldScales } from "../../compiler/fold-scales.ts";
import { simplify } from "../../compiler/simplify.ts";
import { input, inputOp, nodesOf, type Program, readOp, type Update } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { warnOnce } from "../../runtime/warn-once.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { InPieces } from "../../util/in-pieces.ts";
import { TraceContext } from "../layers/call-context.ts";
import type { Model } from "../models/model.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { ColumnType } from "./columns.ts";
import { type Batch, type BatchMask, type Objective, writeObjective } from "./objective.ts";

export type StepMode = "train" | "test" | "predict";

/** What a step's program is made for. */
export interface StepShape {
  readonly batch: number;
  readonly inputs: readonly ColumnType[];
  readonly labels: readonly (ColumnType | undefined)[];
  readonly weights: readonly (ColumnType | undefined)[];
  /** Whether a mask says which examples count; then the step also serves for fewer. */
  readonly masked?: boolean;
}

/** Names of the feeds of a masked step: see `BatchMask`. */
export const maskFeeds = { counts: "mask", stretch: "stretch" } as const;

/** A forward pass with everything that can be fed to it. */
export interface TracedStep {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly context: TraceContext;
  readonly batch: Batch;
}

/** Writes the forward pass. Feeds are called `x.0`, `y.0`, `w.0` (by input or output), `seed`, and see `maskFeeds`. */
export function traceStep(model: Model, mode: StepMode, shape: StepShape): TracedStep {
  const inputs: Record<string, Value> = {};
  const feed = (name: string, column: ColumnType | undefined): Value | undefined => {
    if (column === undefined) return undefined;
    inputs[name] = input(name, { shape: [shape.batch, ...column.rowShape], dtype: column.dtype });
    return inputs[name];
  };
  const seed = input("seed", { shape: [2], dtype: "int32" });
  const context = new TraceContext({ training: mode === "train", seed });
  const given = shape.inputs.map((column, i) => feed(`x.${i}`, column)!);
  const predictions = model.callAll(given, context);
  const labels = shape.labels.map((column, i) => feed(`y.${i}`, column));
  const weights = shape.weights.map((column, i) => feed(`w.${i}`, column));
  if (context.usesSeed) inputs.seed = seed;
  const mask = shape.masked ? maskOf(shape.batch, inputs) : undefined;
  return { inputs, context, batch: { labels, predictions, weights, mask } };
}

function maskOf(batch: number, inputs: Record<string, Value>): BatchMask {
  const counts = input(maskFeeds.counts, { shape: [batch], dtype: "float32" });
  const stretch = input(maskFeeds.stretch, { shape: [], dtype: "float32" });
  inputs[maskFeeds.counts] = counts;
  inputs[maskFeeds.stretch] = stretch;
  return { counts, stretch };
}

/** The program that predicts: its outputs are `output.0` and so on. */
export function predictionProgram(step: TracedStep): Program {
  const predictions = foldScales(step.batch.predictions);
  const outputs = predictions.map((value, i) => [`output.${i}`, value] as const);
  return programOf(step.inputs, Object.fromEntries(outputs), []);
}

/** The program that computes loss and metrics, of the same predictions. */
export function testProgram(step: TracedStep, objective: Objective): Program {
  const predictions = foldScales(step.batch.predictions);
  const { loss, outputs } = writeObjective(objective, { ...step.batch, predictions });
  labelObjective(loss, outputs);
  return programOf(step.inputs, outputs, []);
}

/** The program of a whole training step. Builds the optimizer's variables. */
export function* trainingProgram(
  model: Model,
  step: TracedStep,
  objective: Objective,
  optimizer: Optimizer,
): InPieces<Program> {
  const weights = model.trainableWeights.map((weight) => ({
    variable: weight.variable,
    value: step.context.read(weight),
  }));
  yield;
  const { loss, outputs, updates: statistics } = simplifyForward(step, writeObjective(objective, step.batch));
  yield;
  const gradients = differentiate(
    loss,
    weights.map(({ value }) => value),
  );
  yield;
  const reached = weights.flatMap((weight, i) => (gradients[i] ? [{ weight, gradient: gradients[i] }] : []));
  if (weights.length > 0 && reached.length === 0)
    throw new ArgumentError("loss", `${model.name}: the loss depends on none of the trainable weights`);
  const missing = weights.filter((_, i) => gradients[i] === undefined);
  if (missing.length > 0)
    warnOnce(
      `${model.name}: the loss does not depend on ${missing.map(({ variable }) => variable.name).join(", ")}`,
    );
  optimizer.build(weights.map(({ variable }) => variable));
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalarsAt(0)).map((name) => [name, input(name, { shape: [], dtype: "float32" })]),
  );
  const updates: Update[] = [
    ...optimizer.apply(
      reached.map(({ gradient }) => gradient),
      reached.map(({ weight }) => weight),
      scalars,
    ),
    ...statistics,
  ];
  label(
    updates.map(({ value }) => value),
    "optimizer",
    `${optimizer.className} update`,
  );
  yield;
  return programOf({ ...step.inputs, ...scalars }, outputs, updates);
}

/** The forward pass with its loss, metrics and running statistics, rewritten before derivatives are taken. */
function simplifyForward(
  step: TracedStep,
  { loss, outputs }: { readonly loss: Value; readonly outputs: Readonly<Record<string, Value>> },
): { loss: Value; outputs: Record<string, Value>; updates: Update[] } {
  const names = Object.keys(outputs);
  const changed = [...step.context.updates];
  labelObjective(loss, outputs);
  const roots = [loss, ...Object.values(outputs), ...changed.map(([, value]) => value)];
  const [newLoss, ...rest] = simplify(roots);
  return {
    loss: newLoss!,
    outputs: Object.fromEntries(names.map((name, i) => [name, rest[i]!])),
    updates: changed.map(([weight], i) => ({ variable: weight.variable, value: rest[names.length + i]! })),
  };
}

/** The simplified program. Only the inputs that something reads are fed. */
function programOf(
  inputs: Readonly<Record<string, Value>>,
  given: Readonly<Record<string, Value>>,
  written: readonly Update[],
): Program {
  const names = Object.keys(given);
  const roots = simplify([...Object.values(given), ...written.map(({ value }) => value)]);
  const outputs = Object.fromEntries(names.map((name, i) => [name, roots[i]!]));
  const updates = written.map(({ variable }, i) => ({ variable, value: roots[names.length + i]! }));
  const nodes = new Set(nodesOf([...Object.values(outputs), ...updates.map(({ value }) => value)]));
  const used = Object.entries(inputs).filter(([, value]) => nodes.has(value.node));
  return { inputs: Object.fromEntries(used), outputs, updates };
}

function labelObjective(loss: Value, outputs: Readonly<Record<string, Value>>): void {
  label([loss, ...(outputs.loss === undefined ? [] : [outputs.loss])], "loss");
  label(Object.values(outputs), "metrics");
}

/** Names the writer of nodes that no layer wrote, and what they are parts of. */
function label(roots: readonly Value[], origin: string, group?: string): void {
  for (const node of nodesOf(roots)) {
    if (node.op === inputOp || node.op === readOp || node.origin !== undefined) continue;
    node.origin = origin;
    node.group = group;
  }
}
