/** Reads and checks the file of shapes: whatever is wrong is said with the file, the entry and the key. */
import { readFileSync } from "node:fs";
import { InputError } from "../input-error.ts";
import type { ConvolutionShape, OpShape, PoolShape } from "./op-shape.ts";

/** What a value must be, in words; undefined where it is. */
type Check = (value: unknown) => string | undefined;

interface Keys {
  readonly needed: Readonly<Record<string, Check>>;
  readonly optional: Readonly<Record<string, Check>>;
  /** What several keys must be together, in words; undefined where they are. Each key has passed its own check. */
  readonly together?: (shape: OpShape) => string | undefined;
}

const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

const size: Check = (value) => (isSize(value) ? undefined : "a whole number above 0");
const text: Check = (value) => (typeof value === "string" ? undefined : "a text");

const sizes =
  (least: number, most: number, what: string): Check =>
  (value) =>
    Array.isArray(value) && value.every(isSize) && value.length >= least && value.length <= most
      ? undefined
      : `a list of ${least === most ? least : `${least} to ${most}`} whole numbers above 0 (${what})`;

const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `one of ${names.map((name) => `"${name}"`).join(", ")}`;

const images = sizes(3, 5, "batch, 1 to 3 spatial sizes, channels");
const spatial = sizes(1, 3, "one for each spatial axis");
const window: Check = (value) =>
  value === "global" || spatial(value) === undefined ? undefined : `"global" or ${spatial(value)}`;

/** Keys of lists that need one number for each spatial axis of the input. */
const spatialKeys = ["kernel", "strides", "dilation", "window", "outputSizes"] as const;

function onePerAxis(shape: OpShape): string | undefined {
  const axes = (shape as { readonly input: readonly number[] }).input.length - 2;
  for (const key of spatialKeys) {
    const list = (shape as unknown as Record<string, unknown>)[key];
    if (Array.isArray(list) && list.length !== axes)
      return `${key} must have ${axes} numbers, one for each spatial axis of the input; got ${JSON.stringify(list)}`;
  }
  return undefined;
}

function convolutionFits(shape: OpShape): string | undefined {
  const { input, filters = 0, groups = 1, padding } = shape as ConvolutionShape;
  const channels = input.at(-1)!;
  if (channels % groups !== 0 || filters % groups !== 0)
    return `groups must divide the ${channels} channels and the ${filters} filters; got ${groups}`;
  if (padding === "causal" && input.length !== 3)
    return `padding "causal" is for one spatial axis; got ${input.length - 2}`;
  return onePerAxis(shape);
}

function poolFits(shape: OpShape): string | undefined {
  const { window, outputSizes, strides, padding } = shape as PoolShape;
  if ((window === undefined) === (outputSizes === undefined)) return "give either window or outputSizes";
  if (outputSizes !== undefined && (strides !== undefined || padding !== undefined))
    return "outputSizes stands alone, without strides and padding";
  return onePerAxis(shape);
}

const label = { label: text };
const convolving = { ...label, strides: spatial, dilation: spatial };
const pooling: Keys = {
  needed: { input: images },
  optional: { ...label, window, strides: spatial, padding: oneOf("valid", "same"), outputSizes: spatial },
  together: poolFits,
};
const point: Keys = {
  needed: { input: sizes(2, 5, "batch, up to 3 spatial sizes, channels") },
  optional: label,
};

const keysOf: Readonly<Record<OpShape["op"], Keys>> = {
  convolution: {
    needed: { input: images, kernel: spatial, filters: size },
    optional: { ...convolving, padding: oneOf("valid", "same", "causal"), groups: size },
    together: convolutionFits,
  },
  depthwise: {
    needed: { input: images, kernel: spatial },
    optional: { ...convolving, padding: oneOf("valid", "same"), multiplier: size },
    together: onePerAxis,
  },
  dense: { needed: { batch: size, inputs: size, units: size }, optional: label },
  maxPool: pooling,
  averagePool: pooling,
  batchNormalization: point,
  relu: point,
  add: point,
  addRelu: point,
};

/** The shapes in a JSON file. Throws an InputError that names file, entry and key. */
export function readShapes(file: string): OpShape[] {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: cannot be read: ${(error as Error).message}`);
  }
  return parseShapes(content, file);
}

/** The shapes in a file's content. */
export function parseShapes(content: string, file: string): OpShape[] {
  let list: unknown;
  try {
    list = JSON.parse(content);
  } catch (error) {
    throw new InputError(`${file}: is no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(list) || list.length === 0)
    throw new InputError(
      `${file}: must be a list of one or more shapes, as bench/ops/shapes.json; got ${brief(list)}`,
    );
  return list.map((entry, at) => checkShape(entry, `${file}: entry ${at + 1} of ${list.length}`));
}

function checkShape(entry: unknown, where: string): OpShape {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    throw new InputError(
      `${where}: must be an object such as {"op": "relu", "input": [32, 64]}; got ${brief(entry)}`,
    );
  const { op, ...given } = entry as Record<string, unknown>;
  if (typeof op !== "string" || !Object.hasOwn(keysOf, op))
    throw new InputError(`${where}: op must be one of ${Object.keys(keysOf).join(", ")}; got ${brief(op)}`);
  const { needed, optional, together } = keysOf[op as OpShape["op"]];
  const checks = { ...needed, ...optional };
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, key))
      throw new InputError(
        `${where} (${op}): has no key ${brief(key)}; its keys are ${Object.keys(checks).join(", ")}`,
      );
    const rule = checks[key]!(value);
    if (rule !== undefined)
      throw new InputError(`${where} (${op}): ${key} must be ${rule}; got ${brief(value)}`);
  }
  for (const key of Object.keys(needed))
    if (!Object.hasOwn(given, key))
      throw new InputError(`${where} (${op}): ${key} is missing; it must be ${needed[key]!(undefined)}`);
  const rule = together?.(entry as OpShape);
  if (rule !== undefined) throw new InputError(`${where} (${op}): ${rule}`);
  return entry as OpShape;
}

function brief(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}
