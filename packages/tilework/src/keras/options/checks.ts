/** Checks of single options: each gives the normalised value or refuses with the owner, the argument and the rule. */
import { ArgumentError } from "../../util/errors.ts";
import { didYouMean } from "../../util/suggest.ts";

/** Whose option it is, for errors: a layer's name, and the argument as the caller wrote it. */
export interface At {
  readonly owner: string;
  readonly argument: string;
}

/** Turns what the caller gave (undefined when left out) into the normalised value, or throws. */
export type Check<T> = (value: unknown, at: At) => T;

/** An ArgumentError `owner: argument must be <rule>, got <value>`. */
export function refusal(at: At, rule: string, received: unknown, mend = ""): ArgumentError {
  return new ArgumentError(
    at.argument,
    `${at.owner}: ${at.argument} must be ${rule}, got ${describe(received)}${mend}`,
  );
}

/** A value as error messages show it. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `[${value.map(describe).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `an object (${value.constructor?.name ?? "no class"})`;
  return String(value);
}

/** Left out (or null, as Python's None) it is `fallback`. */
export function optional<T, const D>(check: Check<T>, fallback: D): Check<T | D> {
  return (value, at) => (value === undefined || value === null ? fallback : check(value, at));
}

/** One of these strings, in exactly this spelling. */
export function oneOf<const S extends string>(...allowed: readonly S[]): Check<S> {
  return (value, at) => {
    if (allowed.includes(value as S)) return value as S;
    const hint = typeof value === "string" ? didYouMean(value, allowed) : "";
    throw refusal(at, allowed.map((name) => JSON.stringify(name)).join(" or "), value, hint);
  };
}

export const text: Check<string> = (value, at) => {
  if (typeof value === "string" && value !== "") return value;
  throw refusal(at, "a string that is not empty", value);
};

export const flag: Check<boolean> = (value, at) => {
  if (typeof value === "boolean") return value;
  throw refusal(at, "true or false", value);
};

/** A whole number of at least 1. */
export const positiveInteger: Check<number> = (value, at) => {
  if (isWhole(value) && value >= 1) return value;
  throw refusal(at, "a whole number of at least 1", value);
};

/** A whole number of at least 0. */
export const wholeFromZero: Check<number> = (value, at) => {
  if (isWhole(value) && value >= 0) return value;
  throw refusal(at, "a whole number of at least 0", value);
};

/** A whole number, of either sign. */
export const integer: Check<number> = (value, at) => {
  if (isWhole(value)) return value;
  throw refusal(at, "a whole number", value);
};

/** A finite number; `low` and `high` are allowed themselves unless a rule says otherwise. */
export function numberBetween(
  low: number,
  high: number,
  options: { highOpen?: boolean } = {},
): Check<number> {
  const rule =
    low === -Infinity && high === Infinity
      ? "a finite number"
      : high === Infinity
        ? `a number of at least ${low}`
        : `a number from ${low} to ${options.highOpen ? "below " : ""}${high}`;
  return (value, at) => {
    const inside = typeof value === "number" && Number.isFinite(value) && value >= low && value <= high;
    if (inside && !(options.highOpen && value === high)) return value;
    throw refusal(at, rule, value);
  };
}

export const finite: Check<number> = numberBetween(-Infinity, Infinity);

export function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

/** A whole number from 0 on that starts a random stream. */
export const seedNumber: Check<number> = (value, at) => {
  if (isWhole(value) && value >= 0) return value;
  throw refusal(at, "a whole number of at least 0", value);
};
