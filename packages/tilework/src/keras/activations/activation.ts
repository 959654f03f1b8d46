import type { Value } from "../../graph/value.ts";
import { type At, refusal } from "../options/checks.ts";
import { nameHint } from "../options/keras-names.ts";
import { requireTensor } from "../options/require-tensor.ts";
import {
  elu,
  gelu,
  leakyRelu,
  linear,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "./activations.ts";

/** A function of a tensor, to its like. */
export type ActivationFunction = (x: Value) => Value;

/** Keras's strings for activations; "swish" is silu. */
export type ActivationName =
  | "elu"
  | "gelu"
  | "leaky_relu"
  | "linear"
  | "relu"
  | "selu"
  | "sigmoid"
  | "silu"
  | "softmax"
  | "softplus"
  | "swish"
  | "tanh";

const byName: ReadonlyMap<string, ActivationFunction> = new Map<ActivationName, ActivationFunction>([
  ["elu", (x) => elu(x)],
  ["gelu", (x) => gelu(x)],
  ["leaky_relu", (x) => leakyRelu(x)],
  ["linear", linear],
  ["relu", (x) => relu(x)],
  ["selu", selu],
  ["sigmoid", sigmoid],
  ["silu", silu],
  ["softmax", (x) => softmax(x)],
  ["softplus", softplus],
  ["tanh", tanh],
]);

/** Whatever names an activation. */
export type ActivationInput = ActivationName | ActivationFunction;

/** An activation as layers hold it: the function, and the name that stands in configs. */
export interface Activation {
  readonly name: string;
  readonly apply: ActivationFunction;
}

const linearActivation: Activation = { name: "linear", apply: linear };

/** The activation of a Keras string or a function of tensors; linear where it is left out. */
export function getActivation(value: unknown, at: At): Activation {
  if (value === undefined || value === null) return linearActivation;
  if (typeof value === "function") return { name: nameOf(value), apply: checked(value, at) };
  if (typeof value !== "string")
    throw refusal(at, "the name of an activation or a function of tensors", value);
  const name = value === "swish" ? "silu" : value;
  const apply = byName.get(name);
  if (apply !== undefined) return { name, apply };
  const names = [...byName.keys()];
  const hint = nameHint("activation", value, names);
  throw refusal(at, "the name of an activation", value, hint);
}

/** The function, with a refusal of results that are no tensor. */
function checked(value: object, { owner, argument }: At): ActivationFunction {
  const apply = value as ActivationFunction;
  return (x) => requireTensor(argument, apply(x), owner);
}

/** Keras's name of one of our own functions; else what the function is called. */
function nameOf(value: object): string {
  if (value === leakyRelu) return "leaky_relu";
  const functions = { linear, relu, sigmoid, tanh, softmax, elu, selu, gelu, silu, softplus };
  return Object.entries(functions).find(([, own]) => own === value)?.[0] ?? (value as { name: string }).name;
}
