/**
 * Counter-based random numbers on the host: element i of a stream is a pure function of (seed, i), so that streams
 * need no state and any part can be drawn alone.
 *
 * The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): ten rounds
 * over a counter of four 32-bit words under a key of two.
 */

/** One block of four random 32-bit words for a counter and a key; `out` receives them. */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array): void {
  fillBlock(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, out, 0);
}

/** Writes a block to `out` from `at` on. All arithmetic is modulo 2^32, on signed words. */
function fillBlock(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
  at: number,
): void {
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** The upper 32 bits of the product of two unsigned words, from products of their halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** Fills `words`, whose length is a multiple of 4, with the stream's words from `first`, a multiple of 4, on. */
function fillWords(seed: number, first: number, words: Uint32Array): void {
  const high = Math.floor(seed / 0x100000000) >>> 0;
  for (let at = 0; at < words.length; at += 4)
    fillBlock((first + at) / 4, 0, 0, 0, seed >>> 0, high, words, at);
}

/** `count` random 32-bit words of the stream `seed` (any safe integer, of which 64 bits count). */
export function randomWords(seed: number, count: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  fillWords(seed, 0, words);
  return words.subarray(0, count);
}

/** Words drawn at a time, at most, so that long streams take no memory of their own. */
const drawnWords = 4096;

/** Calls `take` with the stream's words, some at a time, until it says that the `count` numbers it wants are there. */
function drawWords(seed: number, count: number, take: (words: Uint32Array) => boolean): void {
  const words = new Uint32Array(Math.min(drawnWords, 4 * Math.ceil(count / 3)));
  for (let first = 0; count > 0; first += words.length) {
    fillWords(seed, first, words);
    if (take(words)) return;
  }
}

/** Where random numbers go: in single precision they are rounded on the way. */
export type RandomNumbers = Float32Array | Float64Array;

/** Fills `out` uniformly from [low, high). */
export function fillUniform<T extends RandomNumbers>(out: T, seed: number, low = 0, high = 1): T {
  let filled = 0;
  drawWords(seed, out.length, (words) => {
    const end = Math.min(words.length, out.length - filled);
    for (let i = 0; i < end; i++) out[filled++] = low + (high - low) * (words[i]! / 0x100000000);
    return filled === out.length;
  });
  return out;
}

/** Fills `out` with normal numbers of that mean and standard deviation, by Box and Muller's transform. */
export function fillNormal<T extends RandomNumbers>(out: T, seed: number, mean = 0, deviation = 1): T {
  let filled = 0;
  drawWords(seed, out.length, (words) => {
    for (let i = 0; i < words.length && filled < out.length; i += 2) {
      const radius = deviation * radiusOf(words[i]!);
      const angle = angleOf(words[i + 1]!);
      out[filled++] = mean + radius * Math.cos(angle);
      if (filled < out.length) out[filled++] = mean + radius * Math.sin(angle);
    }
    return filled === out.length;
  });
  return out;
}

/** Fills `out` likewise, without what lies more than two deviations from the mean: such draws are drawn again. */
export function fillTruncatedNormal<T extends RandomNumbers>(
  out: T,
  seed: number,
  mean = 0,
  deviation = 1,
): T {
  let filled = 0;
  const keep = (value: number): void => {
    if (Math.abs(value) <= 2 && filled < out.length) out[filled++] = mean + deviation * value;
  };
  drawWords(seed, out.length, (words) => {
    for (let i = 0; i < words.length && filled < out.length; i += 2) {
      const radius = radiusOf(words[i]!);
      const angle = angleOf(words[i + 1]!);
      keep(radius * Math.cos(angle));
      keep(radius * Math.sin(angle));
    }
    return filled === out.length;
  });
  return out;
}

function radiusOf(word: number): number {
  return Math.sqrt(-2 * Math.log((word + 0.5) / 0x100000000));
}

function angleOf(word: number): number {
  return 2 * Math.PI * (word / 0x100000000);
}

/** The numbers 0 to count - 1 in random order (Fisher and Yates). */
export function randomPermutation(seed: number, count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const words = randomWords(seed, count);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 0x100000000) * (i + 1));
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}
