/** What a model's data look like, told without any. */
import { hostData } from "../../runtime/device.ts";
import type { Shape } from "../../tensor/shape.ts";
import { formatShape } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { KerasTensor } from "../layers/keras-tensor.ts";
import { getLoss, type LossLike } from "../losses/get-loss.ts";
import type { Model } from "../models/model.ts";
import type { Column, ColumnType } from "./columns.ts";
import type { ModelData } from "./model-data.ts";
import type { StepShape } from "./step-program.ts";

/** Columns without elements for a model that has seen no data: inputs as they are declared, labels as losses expect. */
export function exampleData(
  model: Model,
  losses: readonly (LossLike | undefined)[],
  rows: number,
): ModelData {
  const inputs = model.inputs.map(
    (tensor): ColumnType => ({ dtype: tensor.dtype, rowShape: rowShapeOf(model, tensor) }),
  );
  const labels = model.outputs.map((tensor, i): ColumnType | undefined => {
    const loss = losses[i];
    return loss === undefined ? undefined : labelType(loss, rowShapeOf(model, tensor));
  });
  const weights = model.outputs.map(() => undefined);
  return emptyData({ batch: rows, inputs, labels, weights });
}

/** Data of these columns without elements. */
export function emptyData({ batch, inputs, labels, weights }: StepShape): ModelData {
  const empty = ({ dtype, rowShape }: ColumnType, argument: string): Column => ({
    argument,
    rows: batch,
    dtype,
    rowShape,
    data: hostData(dtype, 0),
  });
  return {
    rows: batch,
    inputs: inputs.map((column) => empty(column, "x")),
    labels: labels.map((column) => column && empty(column, "y")),
    weights: weights.map((column) => column && empty(column, "sampleWeight")),
  };
}

function rowShapeOf(model: Model, tensor: KerasTensor): Shape {
  const rowShape = tensor.shape.slice(1);
  if (rowShape.every((size): size is number => size !== null)) return rowShape;
  throw new ArgumentError(
    "inputShape",
    `${model.name}: "${tensor.name}" has the shape ${formatShape(tensor.shape)}, which data must complete first; ` +
      "give the input a fixed shape, or call fit, evaluate or predict once",
  );
}

/** Class indices without an axis of their own, or what the model gives. */
function labelType(loss: LossLike, prediction: Shape): ColumnType {
  const shape = [1, ...prediction];
  const { labelKind } = getLoss(loss, shape, shape);
  return labelKind === "class indices"
    ? { dtype: "int32", rowShape: prediction.slice(0, -1) }
    : { dtype: "float32", rowShape: prediction };
}
