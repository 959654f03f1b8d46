import { type Check, numberBetween, optional, refusal, text } from "../options/checks.ts";

/** A learning rate, or a function that gives it for an iteration (from 0). */
export type LearningRate = number | ((iteration: number) => number);

export const learningRate: Check<LearningRate> = (value, at) => {
  if (typeof value === "function") return value as LearningRate;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw refusal(at, "a number of at least 0, or a function that gives one for an iteration", value);
};

/** A share that a running mean keeps. */
export const fraction: Check<number> = numberBetween(0, 1);

export const atLeastZero: Check<number> = numberBetween(0, Number.POSITIVE_INFINITY);

type NumberOption = Check<number | undefined>;

/** Options of every optimizer. */
export const optimizerChecks: {
  readonly name: Check<string | undefined>;
  readonly weightDecay: NumberOption;
  readonly clipnorm: NumberOption;
  readonly clipvalue: NumberOption;
  readonly globalClipnorm: NumberOption;
} = {
  name: optional(text, undefined),
  weightDecay: optional(atLeastZero, undefined),
  clipnorm: optional(atLeastZero, undefined),
  clipvalue: optional(atLeastZero, undefined),
  globalClipnorm: optional(atLeastZero, undefined),
};
