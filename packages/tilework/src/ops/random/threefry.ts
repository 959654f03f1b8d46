/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): a counter of
 * two words under a key of two words gives two random words. Written over any kind of 32-bit word, so that numbers
 * on the host and expressions in nests are one definition.
 */

/** Arithmetic on 32-bit words. */
export interface Words<T> {
  word(value: number): T;
  add(x: T, y: T): T;
  xor(x: T, y: T): T;
  rotateLeft(x: T, count: number): T;
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const parity = 0x1bd11bda;
const rounds = 20;

export function threefry<T>(words: Words<T>, key: readonly [T, T], counter: readonly [T, T]): [T, T] {
  const { word, add, xor, rotateLeft } = words;
  const keys = [...key, xor(word(parity), xor(key[0], key[1]))];
  let x = add(counter[0], key[0]);
  let y = add(counter[1], key[1]);
  for (let round = 0; round < rounds; round++) {
    x = add(x, y);
    y = xor(rotateLeft(y, rotations[round % 8]!), x);
    if (round % 4 !== 3) continue;
    const block = (round + 1) / 4;
    x = add(x, keys[block % 3]!);
    y = add(y, add(keys[(block + 1) % 3]!, word(block)));
  }
  return [x, y];
}

/** Words as signed 32-bit numbers. */
export const hostWords: Words<number> = {
  word: (value) => value | 0,
  add: (x, y) => (x + y) | 0,
  xor: (x, y) => x ^ y,
  rotateLeft: (x, count) => (x << count) | (x >>> (32 - count)),
};
