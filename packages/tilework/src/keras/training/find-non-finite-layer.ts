import { nodesOf, type Program } from "../../graph/program.ts";
import type { Node, Value } from "../../graph/value.ts";
import type { StepFeeds, VariableStore } from "../../runtime/device.ts";
import type { ModelData } from "./model-data.ts";
import { feedsOf } from "./run-steps.ts";
import type { Trainer } from "./trainer.ts";

export interface Replay {
  readonly store: VariableStore;
  readonly data: ModelData;
  /** Feeds of the epoch's steps; the last one is the step in question. */
  readonly feeds: readonly StepFeeds[];
  /** Examples of each step, those included that a mask leaves out. */
  readonly sizes: readonly number[];
  readonly masked: boolean;
}

/**
 * Runs the steps again from the store's state, and for the last one a program that gives every layer's result. The
 * first layer, in the order of computation, with a result that is not finite; undefined when all are finite.
 */
export async function findNonFiniteLayer(trainer: Trainer, replay: Replay): Promise<string | undefined> {
  const { store, data, feeds, sizes, masked } = replay;
  const last = feeds.length - 1;
  for (const [step, earlier] of feeds.slice(0, last).entries()) {
    const program = await trainer.programs.load("train", data, sizes[step]!, { masked });
    await program.executable.run(store, [feedsOf(program, earlier)]);
  }
  const { program, layers } = trainer.programs.inspection(data, sizes[last]!);
  const loaded = await trainer.programs.loadUncached(program);
  const [outputs] = await loaded.executable.run(store, [feedsOf(loaded, feeds[last]!)]);
  const at = layers.findIndex((_, i) => !outputs![`layer.${i}`]!.every(Number.isFinite));
  return layers[at];
}

/** A program that gives the results of all layers that lead to `roots`, with the layers' names in their order. */
export function inspectionProgram(
  inputs: Readonly<Record<string, Value>>,
  roots: readonly Value[],
): { program: Program; layers: string[] } {
  const results = layerResults(roots);
  const outputs = results.map((value, i) => [`layer.${i}`, value] as const);
  const nodes = new Set(nodesOf(roots));
  const used = Object.entries(inputs).filter(([, value]) => nodes.has(value.node));
  const program = { inputs: Object.fromEntries(used), outputs: Object.fromEntries(outputs), updates: [] };
  return { program, layers: results.map((value) => value.node.origin!) };
}

/** Float results that leave the layer that wrote them, in the order of computation. */
function layerResults(roots: readonly Value[]): Value[] {
  const order = nodesOf(roots);
  const leaving = new Set<Value>(roots);
  for (const node of order)
    for (const value of node.inputs) if (value.node.origin !== node.origin) leaving.add(value);
  const isResult = (node: Node, value: Value): boolean =>
    node.origin !== undefined && node.inputs.length > 0 && value.dtype === "float32" && leaving.has(value);
  return order.flatMap((node) => node.outputs.filter((value) => isResult(node, value)));
}
