import { formatShape, type Shape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import type { KerasShape } from "../layers/keras-tensor.ts";
import type { Loss } from "./loss.ts";

export interface GivenLabels {
  /** As the caller knows them: `y`, or `y.label`. */
  readonly argument: string;
  readonly rows: number;
  readonly rowShape: Shape;
}

/**
 * Refuses labels whose shape the loss cannot compare with an output of shape `output` (with batch). Beside the
 * output's own shape Keras's squeeze is allowed: a last axis of size 1 that one of both lacks.
 */
export function checkLabelShape(loss: Loss, labels: GivenLabels, output: KerasShape): void {
  if (loss.labelKind === "values") return;
  const expected = output.slice(1);
  const { rowShape } = labels;
  const fits =
    loss.labelKind === "class indices" ? fitsClasses(rowShape, expected) : fitsOutput(rowShape, expected);
  if (fits) return;
  const wanted = loss.labelKind === "class indices" ? expected.slice(0, -1) : expected;
  throw new ShapeError(
    `${labels.argument}: ${loss.name} expects labels of shape ${formatShape([null, ...wanted])} for an output of shape ` +
      `${formatShape(output)}; got ${formatShape([labels.rows, ...rowShape])}. ${mendOf(loss, rowShape, expected)}`,
  );
}

function same(given: KerasShape, expected: KerasShape): boolean {
  return (
    given.length === expected.length &&
    given.every((size, axis) => expected[axis] === null || expected[axis] === size)
  );
}

function fitsOutput(given: KerasShape, expected: KerasShape): boolean {
  return (
    same(given, expected) ||
    (expected.at(-1) === 1 && same(given, expected.slice(0, -1))) ||
    (given.at(-1) === 1 && same(given.slice(0, -1), expected))
  );
}

function fitsClasses(given: KerasShape, expected: KerasShape): boolean {
  const places = expected.slice(0, -1);
  return same(given, places) || same(given, [...places, 1]);
}

function mendOf(loss: Loss, given: KerasShape, expected: KerasShape): string {
  if (loss.labelKind === "class indices" && same(given, expected))
    return 'For one-hot labels use "categorical_crossentropy"';
  if (loss.labelKind === "one-hot rows" && fitsClasses(given, expected))
    return 'For class indices use "sparse_categorical_crossentropy"';
  if (loss.labelKind === "class indices") return "Give one class index for each row of scores";
  const units = expected.at(-1);
  return fitsClasses(given, expected) && units !== 1
    ? `Give each example ${units} values, or end the model with one unit`
    : "Give labels of the output's shape, or change the model's last layer";
}
