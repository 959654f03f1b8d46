/**
 * The text of `model.summary()`, character for character Keras's (`keras/src/utils/summary_utils.py`), in one
 * color.
 */
import { byteSize } from "../../../tensor/dtype.ts";
import { formatShape, sizeOf } from "../../../tensor/shape.ts";
import { ArgumentError } from "../../../util/errors.ts";
import type { LayerNode } from "../../layers/keras-tensor.ts";
import type { Layer } from "../../layers/layer.ts";
import type { Weight } from "../../layers/weight.ts";
import { type Graph, sourcesOf } from "../graph.ts";
import { formatMemorySize } from "./memory-size.ts";
import { type Column, columnWidths, drawTable } from "./table.ts";

/** What the summary shows of a model. */
export interface SummarizedModel {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly trainableWeights: readonly Weight[];
  readonly nonTrainableWeights: readonly Weight[];
  /** Undefined for a Sequential, whose layers are a plain list. */
  readonly graph: Graph | undefined;
  /** Numbers that the optimizer keeps, once it keeps any. */
  readonly optimizerParams: number | undefined;
}

export interface SummaryLayout {
  /** Width of the table; default: 88 (108 where connections are shown), or what the terminal has. */
  readonly lineLength: number | undefined;
  readonly terminalColumns: number;
  /** Whether the layers of models inside are shown. */
  readonly expandNested: boolean;
  /** Whether a column tells which layers training changes. */
  readonly showTrainable: boolean;
}

/** The lines of the summary. */
export function summaryLines(model: SummarizedModel, layout: SummaryLayout): string[] {
  const connected = model.graph === undefined || isChain(model.graph) ? undefined : model.graph;
  const columns = columnsOf(connected !== undefined, layout);
  const rows = model.layers.flatMap((layer) => rowsOf(layer, 0, connected, layout));
  return [`Model: "${model.name}"`, ...drawTable(columns, rows), ...totals(model)];
}

function columnsOf(connected: boolean, layout: SummaryLayout): Column[] {
  const titles = ["Layer (type)", "Output Shape", "Param #"];
  const alignments: Column["alignment"][] = ["left", "left", "right"];
  let ends = connected ? [0.3, 0.56, 0.74, 1] : [0.45, 0.8, 1];
  let natural = connected ? 108 : 88;
  if (connected) {
    titles.push("Connected to");
    alignments.push("left");
  }
  if (layout.showTrainable) {
    natural += 12;
    ends = [...ends.map((end) => end * 0.9), 1];
    titles.push("Trainable");
    alignments.push("center");
  }
  const lineLength = layout.lineLength ?? Math.min(natural, layout.terminalColumns - 4);
  const widths = columnWidths(lineLength, ends);
  if (widths.some((width) => width < 3))
    throw new ArgumentError(
      "lineLength",
      `lineLength: ${lineLength} characters are too few for ${titles.length} columns`,
    );
  return titles.map((title, i) => ({ title, alignment: alignments[i]!, width: widths[i]! }));
}

/** Whether the graph is one chain of layers, each called once: then connections need not be shown. */
function isChain(graph: Graph): boolean {
  const nodes = new Set(graph.nodes);
  const single = graph.nodesByDepth.every((level) => level.length === 1 && sourcesOf(level[0]!).length <= 1);
  return (
    single && graph.layers.every((layer) => layer.inboundNodes.filter((node) => nodes.has(node)).length <= 1)
  );
}

function rowsOf(
  layer: Layer,
  level: number,
  connected: Graph | undefined,
  layout: SummaryLayout,
): string[][] {
  const prefix = level === 0 ? "" : `${"   ".repeat(level)}└ `;
  const params = layer.built ? layer.countParams().toLocaleString("en-US") : "0 (unbuilt)";
  const row = [`${prefix}${layer.name} (${layer.className})`, shapesOf(layer), params];
  if (connected !== undefined) row.push(connectionsOf(layer, connected));
  if (layout.showTrainable) row.push(layer.weights.length === 0 ? "-" : layer.trainable ? "Y" : "N");
  const nested = layout.expandNested ? layer.sublayers : [];
  return [row, ...nested.flatMap((inner) => rowsOf(inner, level + 1, connected, layout))];
}

function shapesOf(layer: Layer): string {
  const node = layer.inboundNodes.at(-1);
  if (node === undefined) return "?";
  const shapes = node.outputs.map((output) => formatShape(output.shape).replace(",)", ")"));
  return shapes.length === 1 ? shapes[0]! : `[${shapes.join(", ")}]`;
}

/** `layer[call][output]` of everything that the layer reads in this graph. */
function connectionsOf(layer: Layer, graph: Graph): string {
  const nodes = new Set(graph.nodes);
  const sources = layer.inboundNodes.filter((node) => nodes.has(node)).flatMap(sourcesOf);
  const texts = sources.map((tensor) => `${tensor.name}[${callIndex(tensor.producer)}][${tensor.index}]`);
  return texts.length === 0 ? "-" : texts.join(", ");
}

function callIndex(node: LayerNode): number {
  return node.layer.inboundNodes.indexOf(node);
}

function totals(model: SummarizedModel): string[] {
  const trainable = countOf(model.trainableWeights);
  const fixed = countOf(model.nonTrainableWeights);
  const optimizer = { params: model.optimizerParams ?? 0, bytes: 4 * (model.optimizerParams ?? 0) };
  const total = {
    params: trainable.params + fixed.params + optimizer.params,
    bytes: trainable.bytes + fixed.bytes + optimizer.bytes,
  };
  const line = (title: string, { params, bytes }: Count): string =>
    ` ${title} params: ${params.toLocaleString("en-US")} (${formatMemorySize(bytes)})`;
  const lines = [line("Total", total), line("Trainable", trainable), line("Non-trainable", fixed)];
  return model.optimizerParams === undefined ? lines : [...lines, line("Optimizer", optimizer)];
}

interface Count {
  readonly params: number;
  readonly bytes: number;
}

function countOf(weights: readonly Weight[]): Count {
  const params = weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
  const bytes = weights.reduce((sum, weight) => sum + sizeOf(weight.shape) * byteSize[weight.dtype], 0);
  return { params, bytes };
}
