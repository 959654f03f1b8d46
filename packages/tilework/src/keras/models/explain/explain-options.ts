import { type Check, flag, oneOf, optional, positiveInteger } from "../../options/checks.ts";
import { summaryChecks } from "../summary/summary-options.ts";

export interface ExplainOptions {
  /** Examples in the step. Default 32. */
  readonly batchSize?: number | undefined;
  /** The step of `fit`, `evaluate` or `predict`. Default: training, or prediction before `compile`. */
  readonly mode?: "train" | "test" | "predict" | undefined;
  /** Whether every kernel is timed, on made-up data. Default false. */
  readonly measure?: boolean | undefined;
  /** Lines of text, or one HTML page that needs nothing else. Default "text". */
  readonly format?: "text" | "html" | undefined;
  /**
   * What a row of the text's table is: one kernel, or a layer with all its kernels. Default: kernels, layers where
   * there are more than 100 kernels.
   */
  readonly detail?: "kernels" | "layers" | undefined;
  /** False: the text is given back and nothing is printed. Default true. */
  readonly print?: boolean | undefined;
  /** Gets one line of text a call. Default: the terminal. */
  readonly printFn?: ((line: string) => void) | undefined;
  /** Width of the table, where its numbers leave room. Default: the terminal's. */
  readonly lineLength?: number | undefined;
}

export const explainChecks: {
  readonly batchSize: Check<number>;
  readonly mode: Check<"train" | "test" | "predict" | undefined>;
  readonly measure: Check<boolean>;
  readonly format: Check<"text" | "html">;
  readonly detail: Check<"kernels" | "layers" | undefined>;
  readonly print: Check<boolean>;
  readonly printFn: Check<((line: string) => void) | undefined>;
  readonly lineLength: Check<number | undefined>;
} = {
  batchSize: optional(positiveInteger, 32),
  mode: optional(oneOf("train", "test", "predict"), undefined),
  measure: optional(flag, false),
  format: optional(oneOf("text", "html"), "text"),
  detail: optional(oneOf("kernels", "layers"), undefined),
  print: optional(flag, true),
  printFn: summaryChecks.printFn,
  lineLength: summaryChecks.lineLength,
};
