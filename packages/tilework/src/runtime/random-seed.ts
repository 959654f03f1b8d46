/** The process's source of seeds: initializers, shuffling and dropout each draw theirs from it, in order. */
import { randomWords } from "../tensor/random.ts";
import { ArgumentError } from "../util/errors.ts";

let seed = Math.floor(Math.random() * 0x100000000);
let drawn = 0;

/** Makes everything random that follows (start values, shuffling, dropout) repeatable. */
export function setRandomSeed(value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new ArgumentError("seed", `seed: expected a whole number from 0 to 2^53 - 1, got ${value}`);
  seed = value;
  drawn = 0;
}

/** The next seed, from 0 to 2^31 - 1. */
export function nextSeed(): number {
  const index = drawn++;
  return randomWords(seed, index + 1)[index]! >>> 1;
}
