import type { Shape } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import { describe } from "../options/checks.ts";
import { nameHint } from "../options/keras-names.ts";
import { BinaryCrossentropy } from "./binary-crossentropy.ts";
import { CategoricalCrossentropy } from "./categorical-crossentropy.ts";
import { FunctionLoss, type LossFunction } from "./function-loss.ts";
import { Loss } from "./loss.ts";
import { MeanAbsoluteError } from "./mean-absolute-error.ts";
import { MeanSquaredError } from "./mean-squared-error.ts";
import { SparseCategoricalCrossentropy } from "./sparse-categorical-crossentropy.ts";

/** Names that `compile` takes for a loss. "crossentropy" and "ce" choose by the shapes of labels and predictions. */
export type LossName =
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy"
  | "mean_squared_error"
  | "mean_absolute_error"
  | "crossentropy"
  | "ce"
  | "bce"
  | "BCE"
  | "mse"
  | "MSE"
  | "mae"
  | "MAE"
  | "BinaryCrossentropy"
  | "CategoricalCrossentropy"
  | "SparseCategoricalCrossentropy"
  | "MeanSquaredError"
  | "MeanAbsoluteError";

type ByShape = "crossentropy" | "ce";

const classes: Readonly<Record<Exclude<LossName, ByShape>, new (options: { name: string }) => Loss>> = {
  binary_crossentropy: BinaryCrossentropy,
  categorical_crossentropy: CategoricalCrossentropy,
  sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
  mean_squared_error: MeanSquaredError,
  mean_absolute_error: MeanAbsoluteError,
  bce: BinaryCrossentropy,
  BCE: BinaryCrossentropy,
  mse: MeanSquaredError,
  MSE: MeanSquaredError,
  mae: MeanAbsoluteError,
  MAE: MeanAbsoluteError,
  BinaryCrossentropy,
  CategoricalCrossentropy,
  SparseCategoricalCrossentropy,
  MeanSquaredError,
  MeanAbsoluteError,
};

/** A loss, its name, or a function of labels and predictions. */
export type LossLike = Loss | LossName | LossFunction;

/** Refuses what is no loss. `argument` is its place as the caller wrote it. */
export function checkLoss(argument: string, identifier: unknown): asserts identifier is LossLike {
  if (identifier instanceof Loss || typeof identifier === "function") return;
  const known = [...Object.keys(classes), "crossentropy", "ce"];
  if (typeof identifier === "string" && known.includes(identifier)) return;
  const hint = nameHint("loss", identifier, known);
  throw new ArgumentError(
    "loss",
    `${argument}: expected a loss, its name (such as "categorical_crossentropy") or a function (yTrue, yPred); ` +
      `got ${describe(identifier)}${hint}`,
  );
}

/** The loss that an identifier stands for, given the shapes (with batch) of labels and predictions. */
export function getLoss(identifier: LossLike, yTrue: Shape, yPred: Shape): Loss {
  if (identifier instanceof Loss) return identifier;
  if (typeof identifier === "function") return new FunctionLoss(identifier);
  const name =
    identifier === "crossentropy" || identifier === "ce" ? crossentropyFor(yTrue, yPred) : identifier;
  return new classes[name]({ name });
}

/** How labels relate to predictions, by Keras's rule. */
export type ClassificationKind = "binary" | "sparse" | "categorical";

/** One prediction each is binary; labels without their own class axis are class indices; else one-hot. */
export function classificationKind(yTrue: Shape, yPred: Shape): ClassificationKind {
  const lastTrue = yTrue[yTrue.length - 1]!;
  const lastPredicted = yPred[yPred.length - 1]!;
  if (lastPredicted === 1) return "binary";
  return yTrue.length < yPred.length || lastTrue === 1 ? "sparse" : "categorical";
}

function crossentropyFor(yTrue: Shape, yPred: Shape): Exclude<LossName, ByShape> {
  const kind = classificationKind(yTrue, yPred);
  if (kind === "binary") return "binary_crossentropy";
  return kind === "sparse" ? "sparse_categorical_crossentropy" : "categorical_crossentropy";
}
