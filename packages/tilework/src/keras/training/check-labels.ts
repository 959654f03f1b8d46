import { type Shape, stridesOf } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { LabelKind } from "../losses/loss.ts";
import type { Column } from "./columns.ts";

/**
 * Refuses labels that no training can use: NaN and infinities, and class indices that are no whole numbers or that
 * name a class that the output does not have. `classes` is the size of the output's last axis.
 */
export function checkLabels(column: Column, kind: LabelKind, classes: number): void {
  const { data, dtype } = column;
  if (dtype === "float32")
    refuseWhere(column, (label) => !Number.isFinite(label), "labels must be finite numbers");
  if (kind === "probabilities")
    refuseWhere(column, (label) => label < 0 || label > 1, "binary_crossentropy takes labels from 0 to 1");
  if (kind !== "class indices") return;
  if (dtype === "float32")
    refuseWhere(column, (label) => !Number.isInteger(label), "class indices must be whole numbers");
  const at = data.findIndex((label) => label < 0 || label >= classes);
  if (at < 0) return;
  throw new ArgumentError(
    column.argument,
    `${placeOf(column, at)} is ${data[at]}, but the output has ${classes} classes: labels go from 0 to ${classes - 1}`,
  );
}

function refuseWhere(column: Column, isWrong: (label: number) => boolean, rule: string): void {
  const at = column.data.findIndex(isWrong);
  if (at >= 0)
    throw new ArgumentError(column.argument, `${placeOf(column, at)} is ${column.data[at]}; ${rule}`);
}

/** `y[3]` or `y[3][0]`. */
export function placeOf({ argument, rows, rowShape }: Column, flat: number): string {
  const shape: Shape = [rows, ...rowShape];
  let rest = flat;
  const place = stridesOf(shape).map((stride) => {
    const index = Math.floor(rest / stride);
    rest -= index * stride;
    return `[${index}]`;
  });
  return `${argument}${place.join("")}`;
}
