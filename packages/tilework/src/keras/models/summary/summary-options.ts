import { type At, type Check, flag, optional, positiveInteger, refusal } from "../../options/checks.ts";

export interface SummaryOptions {
  /** Gets one line a call. Default: the terminal. */
  readonly printFn?: ((line: string) => void) | undefined;
  /** Width of the table; default: 88 (108 where connections are shown), or what the terminal has. */
  readonly lineLength?: number | undefined;
  /** Whether the layers of models inside are shown. Default false. */
  readonly expandNested?: boolean | undefined;
  /** Whether a column tells which layers training changes. Default false. */
  readonly showTrainable?: boolean | undefined;
}

/** Checks of the options of `summary`. */
export const summaryChecks: {
  readonly printFn: Check<((line: string) => void) | undefined>;
  readonly lineLength: Check<number | undefined>;
  readonly expandNested: Check<boolean>;
  readonly showTrainable: Check<boolean>;
} = {
  printFn: optional(printFunction, undefined),
  lineLength: optional(positiveInteger, undefined),
  expandNested: optional(flag, false),
  showTrainable: optional(flag, false),
};

function printFunction(value: unknown, at: At): (line: string) => void {
  if (typeof value === "function") return value as (line: string) => void;
  throw refusal(at, "a function that takes a line", value);
}
