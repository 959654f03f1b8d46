import { sizeOf } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import { describe } from "../options/checks.ts";
import type { Column } from "./columns.ts";
import type { ModelData } from "./model-data.ts";

/** How much the examples of each class count, by class index; classes that are left out count 1. */
export type ClassWeight = Readonly<Record<number, number>>;

/** Sample weights from class weights: the class is the label, rounded, or the place of a one-hot label's largest. */
function weightsOfClasses(labels: Column, classWeight: ClassWeight): Column {
  const { rowShape, rows, data } = labels;
  const size = sizeOf(rowShape);
  if (rowShape.length > 1)
    throw new ArgumentError("classWeight", "classWeight: each example must have one label; got several");
  const weights = Float32Array.from({ length: rows }, (_, row) => {
    const label =
      size === 1 ? Math.round(data[row]!) : largestAt(data.subarray(row * size, (row + 1) * size));
    return classWeight[label] ?? 1;
  });
  return { argument: "classWeight", rows, rowShape: [], dtype: "float32", data: weights };
}

/** Refuses what is no weight of at least 0 for a class; `classes` is their number, where it is known. */
function checkClassWeight(classWeight: ClassWeight, classes: number | undefined): void {
  for (const [key, weight] of Object.entries(classWeight)) {
    if (!/^\d+$/.test(key) || typeof weight !== "number" || !Number.isFinite(weight) || weight < 0)
      throw new ArgumentError(
        "classWeight",
        "classWeight: expected a number for each class index, of at least 0; " +
          `got ${JSON.stringify(key)}: ${describe(weight)}`,
      );
    if (classes !== undefined && Number(key) >= classes)
      throw new ArgumentError(
        "classWeight",
        `classWeight: there is no class ${key}: the output has ${classes} classes, 0 to ${classes - 1}`,
      );
  }
}

function largestAt(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Data whose weights come from class weights, where those are given; `classesOf` counts the first output's classes. */
export function withClassWeights(
  data: ModelData,
  classWeight: ClassWeight | undefined,
  sampleWeight: unknown,
  classesOf: (data: ModelData) => number | undefined,
): ModelData {
  if (classWeight === undefined) return data;
  if (sampleWeight !== undefined)
    throw new ArgumentError("classWeight", "classWeight and sampleWeight cannot be given together");
  const [labels, ...others] = data.labels;
  if (others.length > 0)
    throw new ArgumentError(
      "classWeight",
      "classWeight is only for models with one output; use sampleWeight",
    );
  if (labels === undefined) throw new ArgumentError("y", "y: the labels are missing");
  checkClassWeight(classWeight, classesOf(data));
  return { ...data, weights: [weightsOfClasses(labels, classWeight)] };
}
