import { ArgumentError } from "../../util/errors.ts";
import { KerasTensor } from "../layers/keras-tensor.ts";
import { optional } from "../options/checks.ts";
import { isPlainObject, layerChecks, readOptions } from "../options/read-options.ts";
import { graphOf } from "./graph.ts";
import { Model, type ModelOptions } from "./model.ts";

type Tensors = KerasTensor | readonly KerasTensor[];

export interface ModelArguments extends ModelOptions {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

const checks = {
  name: layerChecks.name,
  trainable: layerChecks.trainable,
  inputs: optional(tensors, undefined),
  outputs: optional(tensors, undefined),
};

/** A model of everything between `inputs` and `outputs`. */
export function model(inputs: Tensors, outputs: Tensors, options?: ModelOptions): Model;
/** The same, everything in one object, as in tfjs. */
export function model(all: ModelArguments): Model;
export function model(first: Tensors | ModelArguments, outputs?: Tensors, options: ModelOptions = {}): Model {
  const given = isPlainObject(first) ? first : { ...options, inputs: first, outputs };
  const checked = readOptions("model", given, checks);
  for (const argument of ["inputs", "outputs"] as const) {
    if (checked[argument] === undefined)
      throw new ArgumentError(argument, `model: ${argument} are missing; pass model(inputs, outputs)`);
  }
  const graph = graphOf(checked.inputs!, checked.outputs!);
  return new Model(graph, { name: checked.name, trainable: checked.trainable });
}

function tensors(value: unknown, at: { readonly argument: string }): readonly KerasTensor[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((tensor) => tensor instanceof KerasTensor)) return list as KerasTensor[];
  throw new ArgumentError(
    at.argument,
    `model: ${at.argument} must be symbolic tensors, as input(shape) and layer.apply(x) give them`,
  );
}
