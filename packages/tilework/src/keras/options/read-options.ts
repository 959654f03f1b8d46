import { ArgumentError } from "../../util/errors.ts";
import { nearest } from "../../util/suggest.ts";
import type { KerasShape } from "../layers/keras-tensor.ts";
import { type Check, describe, flag, oneOf, optional, text } from "./checks.ts";
import { shapeWithBatch, shapeWithoutBatch } from "./sizes.ts";

/** What each option must be. */
export type OptionChecks = Readonly<Record<string, Check<unknown>>>;

/** The normalised options that checks give. */
export type Checked<C extends OptionChecks> = { readonly [K in keyof C]: ReturnType<C[K]> };

/** Options of every layer. */
export const layerChecks: {
  readonly name: Check<string | undefined>;
  readonly trainable: Check<boolean | undefined>;
  readonly dtype: Check<"float32" | undefined>;
  readonly inputShape: Check<KerasShape | undefined>;
  readonly batchInputShape: Check<KerasShape | undefined>;
} = {
  name: optional(text, undefined),
  trainable: optional(flag, undefined),
  dtype: optional(oneOf("float32"), undefined),
  inputShape: optional(shapeWithoutBatch, undefined),
  batchInputShape: optional(shapeWithBatch, undefined),
};

/** Checks options one by one, refusing names that `checks` does not have. `owner` stands in the errors. */
export function readOptions<C extends OptionChecks>(owner: string, given: unknown, checks: C): Checked<C> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new ArgumentError("options", `${owner}: options must be an object, got ${describe(given)}`);
  const options = given as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(checks, key)) throw unknownOption(owner, key, Object.keys(checks));
  }
  const result: Record<string, unknown> = {};
  for (const [argument, check] of Object.entries(checks)) {
    const label = typeof options.name === "string" && options.name !== "" ? options.name : owner;
    result[argument] = check(options[argument], { owner: label, argument });
  }
  return result as Checked<C>;
}

/** Usual short forms that no number of edits leads from. */
const abbreviations: Readonly<Record<string, string>> = { lr: "learningRate", eps: "epsilon" };

function unknownOption(owner: string, key: string, known: readonly string[]): ArgumentError {
  const near = known.includes(abbreviations[key] ?? "") ? abbreviations[key] : nearest(key, known);
  const hint = near === undefined ? ` (it has ${known.join(", ")})` : `; did you mean "${near}"?`;
  return new ArgumentError(key, `${owner}: has no option "${key}"${hint}`);
}

/**
 * Joins Keras's positional arguments with the options object. A single plain object in the first place is tfjs's
 * form, where everything stands in one object.
 */
export function joinArguments(
  owner: string,
  positional: readonly string[],
  args: readonly unknown[],
): Readonly<Record<string, unknown>> {
  const first = args[0];
  if (isPlainObject(first)) {
    if (args.length > 1 && args[1] !== undefined)
      throw new ArgumentError("options", `${owner}: options stand in one object, got two`);
    return first;
  }
  const options = args[positional.length] ?? {};
  if (!isPlainObject(options))
    throw new ArgumentError("options", `${owner}: options must be an object, got ${describe(options)}`);
  const joined: Record<string, unknown> = { ...options };
  positional.forEach((name, i) => {
    if (args[i] === undefined) return;
    if (joined[name] !== undefined)
      throw new ArgumentError(
        name,
        `${owner}: ${name} is given twice, as argument ${i + 1} and among the options`,
      );
    joined[name] = args[i];
  });
  return joined;
}

/** Whether it is an object literal, as options are, and no array or instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
