import { isValue } from "../../graph/is-value.ts";
import type { Value } from "../../graph/value.ts";
import { ArgumentError } from "../../util/errors.ts";
import { describe } from "./checks.ts";

/** Refuses what a function of the user's own gave where it is no tensor. `argument` is where the function stands. */
export function requireTensor(argument: string, result: unknown, owner = ""): Value {
  if (isValue(result)) return result;
  const mend =
    result === undefined
      ? "does it lack a return?"
      : result instanceof Promise
        ? "it must not be async"
        : "compute with the functions of ops, such as ops.mean(ops.square(x))";
  throw new ArgumentError(
    argument,
    `${owner === "" ? "" : `${owner}: `}${argument}: the function must return a tensor; it returned ` +
      `${result instanceof Promise ? "a promise" : describe(result)}; ${mend}`,
  );
}
