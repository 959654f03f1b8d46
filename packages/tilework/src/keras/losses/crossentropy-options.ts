import { type Check, flag, integer, numberBetween, optional } from "../options/checks.ts";
import { type LossOptions, lossChecks, type Reduction } from "./loss.ts";

/** Options of the crossentropies. */
export interface CrossentropyOptions extends LossOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  readonly fromLogits?: boolean | undefined;
  /** How far labels are moved towards indifference, from 0 to 1. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** The axis of the classes. Default -1, the last. */
  readonly axis?: number | undefined;
}

export const crossentropyChecks: {
  readonly name: Check<string | undefined>;
  readonly reduction: Check<Reduction>;
  readonly fromLogits: Check<boolean>;
  readonly labelSmoothing: Check<number>;
  readonly axis: Check<number>;
} = {
  ...lossChecks,
  fromLogits: optional(flag, false),
  labelSmoothing: optional(numberBetween(0, 1), 0),
  axis: optional(integer, -1),
};
