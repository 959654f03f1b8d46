/**
 * Counter-based random numbers on the host: element i of a stream is a pure function of (seed, i), so that streams
 * need no state and any part can be drawn alone.
 *
 * The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): ten rounds
 * over a counter of four 32-bit words under a key of two.
 */

/** One block of four random 32-bit words for a counter and a key; `out` receives them. */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array): void {
  let [c0, c1, c2, c3] = [counter[0]! >>> 0, counter[1]! >>> 0, counter[2]! >>> 0, counter[3]! >>> 0];
  let [k0, k1] = [key[0]! >>> 0, key[1]! >>> 0];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of the product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** `count` random 32-bit words of the stream `seed` (any safe integer, of which 64 bits count). */
export function randomWords(seed: number, count: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  const key = [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
  const block = new Uint32Array(4);
  for (let i = 0; i < words.length; i += 4) {
    philox([i / 4, 0, 0, 0], key, block);
    words.set(block, i);
  }
  return words.subarray(0, count);
}

/** Uniform in [low, high). */
export function randomUniform(seed: number, count: number, low = 0, high = 1): Float64Array {
  return Float64Array.from(randomWords(seed, count), (word) => low + (high - low) * (word / 0x100000000));
}

/** Normal with the given mean and standard deviation, by Box and Muller's transform. */
export function randomNormal(seed: number, count: number, mean = 0, deviation = 1): Float64Array {
  const words = randomWords(seed, 2 * Math.ceil(count / 2));
  const values = new Float64Array(words.length);
  for (let i = 0; i < values.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) / 0x100000000));
    const angle = 2 * Math.PI * (words[i + 1]! / 0x100000000);
    values[i] = mean + deviation * radius * Math.cos(angle);
    values[i + 1] = mean + deviation * radius * Math.sin(angle);
  }
  return values.subarray(0, count);
}

/** Normal, without what lies more than two deviations from the mean: such draws are drawn again. */
export function randomTruncatedNormal(seed: number, count: number, mean = 0, deviation = 1): Float64Array {
  const values = new Float64Array(count);
  let filled = 0;
  for (let drawn = Math.ceil(count * 1.1) + 16; filled < count; drawn *= 2) {
    filled = 0;
    for (const value of randomNormal(seed, drawn)) {
      if (Math.abs(value) <= 2 && filled < count) values[filled++] = mean + deviation * value;
    }
  }
  return values;
}

/** The numbers 0 to count - 1 in random order (Fisher and Yates). */
export function randomPermutation(seed: number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const words = randomWords(seed, count);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 0x100000000) * (i + 1));
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}
