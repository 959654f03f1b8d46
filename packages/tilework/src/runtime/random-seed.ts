/** The seed from which everything random that was given no seed of its own takes one. */
import { ArgumentError } from "../util/errors.ts";

const state: { seed: number | undefined; drawn: number } = { seed: undefined, drawn: 0 };

/**
 * Makes whatever is random from here on repeatable: initial weights, shuffling, dropout. `seed` is an integer from 0
 * to 2^32 - 1.
 */
export function setRandomSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new ArgumentError("seed", `seed must be an integer from 0 to 4294967295; got ${seed}`);
  state.seed = seed;
  state.drawn = 0;
}

/** The next of the seed's sequence of 32-bit integers; unpredictable where no seed was set. */
export function nextSeed(): number {
  state.seed ??= crypto.getRandomValues(new Uint32Array(1))[0]!;
  return mix(mix(state.seed) + Math.imul(state.drawn++, 0x9e3779b9));
}

/** The finalizer of MurmurHash3 (Austin Appleby): every bit of the input changes half of the output's. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
