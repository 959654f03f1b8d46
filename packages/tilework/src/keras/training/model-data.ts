import { formatShape, type Shape } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { KerasShape } from "../layers/keras-tensor.ts";
import type { Model } from "../models/model.ts";
import { type Column, readColumns, withRowShape } from "./columns.ts";

/** Inputs, and where they are known labels and weights, for equally many examples. */
export interface ModelData {
  readonly rows: number;
  readonly inputs: readonly Column[];
  /** One for each output; undefined where none were given. */
  readonly labels: readonly (Column | undefined)[];
  /** One for each output; undefined where every example counts the same. */
  readonly weights: readonly (Column | undefined)[];
}

/** Reads and checks what a call was given; builds a model that waits for its input shape. */
export function readModelData(
  model: Model,
  x: unknown,
  y: unknown,
  sampleWeight: unknown,
  names: { readonly x: string; readonly y: string; readonly sampleWeight: string } = {
    x: "x",
    y: "y",
    sampleWeight: "sampleWeight",
  },
): ModelData {
  if (x === undefined || x === null) throw new ArgumentError(names.x, `${names.x}: the data are missing`);
  const inputs = readInputs(model, names.x, x);
  const outputs = model.outputNames;
  const none = outputs.map(() => undefined);
  const labels = y === undefined || y === null ? none : readColumns(names.y, y, outputs);
  const weights =
    sampleWeight === undefined || sampleWeight === null
      ? none
      : readWeights(names.sampleWeight, sampleWeight, outputs);
  const rows = inputs[0]!.rows;
  for (const column of [...inputs, ...labels, ...weights])
    if (column !== undefined && column.rows !== rows)
      throw new ArgumentError(
        column.argument,
        `${column.argument} has ${column.rows} examples, but ${inputs[0]!.argument} has ${rows}`,
      );
  return { rows, inputs, labels, weights };
}

function readInputs(model: Model, argument: string, x: unknown): Column[] {
  if (!model.built) {
    const columns = complete(argument, readColumns(argument, x, ["x"]), ["x"]);
    model.buildFor(columns.map(({ rowShape }) => [null, ...rowShape]));
  }
  const names = model.inputNames;
  const columns = complete(argument, readColumns(argument, x, names), names);
  return columns.map((column, i) => fitInput(model, column, model.inputs[i]!.shape));
}

function complete(
  argument: string,
  columns: readonly (Column | undefined)[],
  names: readonly string[],
): Column[] {
  return columns.map((column, i) => {
    if (column === undefined)
      throw new ArgumentError(argument, `${argument}: the data for the input "${names[i]}" are missing`);
    return column;
  });
}

/** Brings rows to the input's rank where a last axis of size 1 is all that differs, and checks the shape. */
function fitInput(model: Model, column: Column, expected: KerasShape): Column {
  const rowShape = matchRank(column.rowShape, expected.slice(1));
  const fits =
    rowShape.length === expected.length - 1 &&
    rowShape.every((size, axis) => expected[axis + 1] === null || expected[axis + 1] === size);
  if (fits) return withRowShape(column, rowShape);
  throw new ArgumentError(
    column.argument,
    `${column.argument}: ${model.name} expects data of shape ${formatShape(expected)}; ` +
      `got ${formatShape([column.rows, ...column.rowShape])}${inputMend(column.rowShape, expected)}`,
  );
}

function matchRank(rowShape: Shape, expected: KerasShape): Shape {
  if (rowShape.length === expected.length - 1 && expected[expected.length - 1] === 1) return [...rowShape, 1];
  if (rowShape.length === expected.length + 1 && rowShape[rowShape.length - 1] === 1)
    return rowShape.slice(0, -1);
  return rowShape;
}

/** A hint for the most frequent slip: one example without the axis of examples. */
function inputMend(rowShape: Shape, expected: KerasShape): string {
  const isOneExample = rowShape.length === expected.length - 2;
  return isOneExample ? "; a single example must stand in a batch of one" : "";
}

/** Weights for each output; a single array stands for all. */
function readWeights(argument: string, given: unknown, outputs: readonly string[]): (Column | undefined)[] {
  const isSingle = outputs.length > 1 && !isPerOutput(given, outputs.length);
  const columns = isSingle
    ? new Array<Column | undefined>(outputs.length).fill(readColumns(argument, given, ["all"])[0])
    : readColumns(argument, given, outputs);
  for (const column of columns) {
    const at = column?.data.findIndex((weight) => !Number.isFinite(weight)) ?? -1;
    if (at >= 0)
      throw new ArgumentError(
        argument,
        `${column!.argument}[${at}] is ${column!.data[at]}; weights must be numbers`,
      );
  }
  return columns;
}

function isPerOutput(given: unknown, outputs: number): boolean {
  if (Array.isArray(given)) return given.length === outputs && typeof given[0] !== "number";
  return typeof given === "object" && given !== null && !("shape" in given) && !ArrayBuffer.isView(given);
}
