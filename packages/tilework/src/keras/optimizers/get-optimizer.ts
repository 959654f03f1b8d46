import { ArgumentError } from "../../util/errors.ts";
import { describe } from "../options/checks.ts";
import { nameHint } from "../options/keras-names.ts";
import { adam } from "./adam.ts";
import { adamw } from "./adamw.ts";
import { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** Names that `compile` takes for an optimizer with its defaults. */
export type OptimizerName = "adam" | "adamw" | "rmsprop" | "sgd";

const factories: Readonly<Record<OptimizerName, () => Optimizer>> = { adam, adamw, rmsprop, sgd };

/** The optimizer itself, or a new one of this name; Keras's class names do as well. */
export function getOptimizer(identifier: Optimizer | OptimizerName): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  const name: unknown = identifier;
  const known = Object.keys(factories);
  if (typeof name === "string" && known.includes(name.toLowerCase()))
    return factories[name.toLowerCase() as OptimizerName]();
  const hint = nameHint("optimizer", name, known);
  throw new ArgumentError(
    "optimizer",
    `optimizer: expected an optimizer such as adam(), or one of ${known.map((one) => `"${one}"`).join(", ")}; ` +
      `got ${describe(name)}${hint}`,
  );
}
