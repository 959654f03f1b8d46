/** Options of `fit`, `evaluate`, `predict` and the calls for one batch, and their checks. */
import { platform } from "../../platform/current.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { CallbackLike } from "../callbacks/callback.ts";
import {
  type Check,
  flag,
  numberBetween,
  optional,
  positiveInteger,
  refusal,
  wholeFromZero,
} from "../options/checks.ts";
import type { Checked } from "../options/read-options.ts";
import type { ClassWeight } from "./class-weights.ts";
import type { DataInput } from "./columns.ts";

/**
 * 0 prints nothing, 1 a line that redraws itself, 2 one line at the end. "auto" is 1 on a terminal and 2 elsewhere.
 */
export type Verbose = "auto" | 0 | 1 | 2;

export interface RunOptions {
  /** Examples of a step. Default 32. */
  readonly batchSize?: number | undefined;
  readonly verbose?: Verbose | undefined;
  readonly callbacks?: CallbackLike | readonly CallbackLike[] | undefined;
  /** Ends the call between steps; it then rejects with the signal's reason. Steps that are done stay done. */
  readonly signal?: AbortSignal | undefined;
}

export interface FitOptions extends RunOptions {
  /** Passes over the data. Default 1. */
  readonly epochs?: number | undefined;
  /** Number of the first epoch, to go on with an earlier run. Default 0. */
  readonly initialEpoch?: number | undefined;
  /** Whether each epoch takes the examples in a new order. Default true. */
  readonly shuffle?: boolean | undefined;
  /** Share of the data, the last part of them, that is held back for validation. Default 0. */
  readonly validationSplit?: number | undefined;
  /** Data for validation, `[x, y]` or `[x, y, sampleWeight]`; they replace `validationSplit`. */
  readonly validationData?:
    | readonly [DataInput, DataInput]
    | readonly [DataInput, DataInput, DataInput]
    | undefined;
  /** Examples of a validation step. Default: `batchSize`. */
  readonly validationBatchSize?: number | undefined;
  /** Steps of a validation. Default: all. */
  readonly validationSteps?: number | undefined;
  /** Validation after every so many epochs, or after those in the list (counted from 1). Default 1. */
  readonly validationFreq?: number | readonly number[] | undefined;
  /** How much the examples of each class count. */
  readonly classWeight?: ClassWeight | undefined;
  /** How much each example counts. */
  readonly sampleWeight?: DataInput | undefined;
  /** Steps of an epoch. Default: as many as the data give. */
  readonly stepsPerEpoch?: number | undefined;
}

export interface EvaluateOptions extends RunOptions {
  readonly sampleWeight?: DataInput | undefined;
  /** Steps to take. Default: all. */
  readonly steps?: number | undefined;
}

export interface PredictOptions extends RunOptions {
  /** Steps to take. Default: all. */
  readonly steps?: number | undefined;
}

export interface TrainOnBatchOptions {
  readonly sampleWeight?: DataInput | undefined;
  readonly classWeight?: ClassWeight | undefined;
}

export interface TestOnBatchOptions {
  readonly sampleWeight?: DataInput | undefined;
}

const anything: Check<unknown> = (value) => value ?? undefined;

const verbose: Check<Verbose> = (value, at) => {
  if (value === "auto" || value === 0 || value === 1 || value === 2) return value;
  throw refusal(at, '"auto", 0, 1 or 2', value);
};

const abortSignal: Check<AbortSignal> = (value, at) => {
  if (value instanceof AbortSignal) return value;
  throw refusal(at, "an AbortSignal, such as new AbortController().signal", value);
};

const frequency: Check<number | readonly number[]> = (value, at) =>
  Array.isArray(value) ? value.map((epoch) => positiveInteger(epoch, at)) : positiveInteger(value, at);

const classWeight: Check<ClassWeight> = (value, at) => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ClassWeight;
  throw refusal(at, "an object that gives a number for class indices, such as { 0: 1, 1: 5 }", value);
};

const callbacks: Check<readonly CallbackLike[]> = (value) => {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value.flat() : [value]) as CallbackLike[];
};

const positive = optional(positiveInteger, undefined);

export const runChecks: {
  readonly batchSize: Check<number | undefined>;
  readonly verbose: Check<Verbose>;
  readonly callbacks: Check<readonly CallbackLike[]>;
  readonly signal: Check<AbortSignal | undefined>;
} = {
  batchSize: positive,
  verbose: optional(verbose, "auto"),
  callbacks,
  signal: optional(abortSignal, undefined),
};

export const fitChecks: typeof runChecks & {
  readonly epochs: Check<number>;
  readonly initialEpoch: Check<number>;
  readonly shuffle: Check<boolean>;
  readonly validationSplit: Check<number>;
  readonly validationData: Check<unknown>;
  readonly validationBatchSize: Check<number | undefined>;
  readonly validationSteps: Check<number | undefined>;
  readonly validationFreq: Check<number | readonly number[]>;
  readonly classWeight: Check<ClassWeight | undefined>;
  readonly sampleWeight: Check<unknown>;
  readonly stepsPerEpoch: Check<number | undefined>;
} = {
  ...runChecks,
  epochs: optional(positiveInteger, 1),
  initialEpoch: optional(wholeFromZero, 0),
  shuffle: optional(flag, true),
  validationSplit: optional(numberBetween(0, 1, { highOpen: true }), 0),
  validationData: anything,
  validationBatchSize: positive,
  validationSteps: positive,
  validationFreq: optional(frequency, 1),
  classWeight: optional(classWeight, undefined),
  sampleWeight: anything,
  stepsPerEpoch: positive,
};

/** Options of `fit` after their checks. */
export type CheckedFitOptions = Checked<typeof fitChecks>;

export const predictChecks: typeof runChecks & { readonly steps: Check<number | undefined> } = {
  ...runChecks,
  steps: positive,
};

export const evaluateChecks: typeof predictChecks & { readonly sampleWeight: Check<unknown> } = {
  ...predictChecks,
  sampleWeight: anything,
};

export const batchChecks: {
  readonly sampleWeight: Check<unknown>;
  readonly classWeight: Check<ClassWeight | undefined>;
} = { sampleWeight: anything, classWeight: optional(classWeight, undefined) };

/** What "auto" means here; `elsewhere` is for output that is no terminal. */
export function resolveVerbose(given: Verbose, elsewhere: 0 | 2 = 2): 0 | 1 | 2 {
  if (given !== "auto") return given;
  return platform.terminal.isTTY ? 1 : elsewhere;
}

/** Reads `validationData`; undefined where it was left out. */
export function readValidationData(
  given: unknown,
): { x: unknown; y: unknown; sampleWeight: unknown } | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length < 2 || given.length > 3)
    throw new ArgumentError(
      "validationData",
      "validationData: expected [x, y] or [x, y, sampleWeight]" +
        (Array.isArray(given) ? `; got ${given.length} entries` : ""),
    );
  return { x: given[0], y: given[1], sampleWeight: given[2] };
}
