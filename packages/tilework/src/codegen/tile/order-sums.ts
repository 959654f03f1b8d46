/** The order of loads and multiply-adds in which what is loaded is used up soon. */
import type { VectorStatement } from "../kernel-code.ts";

export type Load = Extract<VectorStatement, { op: "load" | "splat" }>;
export type Permutation = Extract<VectorStatement, { op: "permute" }>;
/** What gives a multiply-add its factors. */
export type Operand = Load | Permutation;
export type MultiplyAdd = Extract<VectorStatement, { op: "fma" }>;
export type Step = Operand | MultiplyAdd;

/**
 * Multiply-adds with the loads and permutations that they need, by register, each before its first use. After each
 * multiply-add come those that read the same value and whose accumulator's turn it is. An accumulator keeps its own
 * order.
 */
export function orderSums(
  sums: readonly MultiplyAdd[],
  operands: ReadonlyMap<number, Operand>,
): readonly Step[] {
  return new Ordering(sums, operands).run();
}

class Ordering {
  readonly #sums: readonly MultiplyAdd[];
  readonly #operands: ReadonlyMap<number, Operand>;
  readonly #readers = new Map<number, MultiplyAdd[]>();
  /** What is left to do for each accumulator, in order. */
  readonly #chains = new Map<number, MultiplyAdd[]>();
  readonly #done = new Set<Step>();
  readonly #result: Step[] = [];

  constructor(sums: readonly MultiplyAdd[], operands: ReadonlyMap<number, Operand>) {
    this.#sums = sums;
    this.#operands = operands;
    for (const sum of sums) {
      append(this.#chains, sum.to, sum);
      for (const register of new Set([sum.x, sum.y])) append(this.#readers, register, sum);
    }
  }

  run(): readonly Step[] {
    for (const sum of this.#sums) {
      if (this.#done.has(sum)) continue;
      this.#emit(sum);
      const [x, y] = [this.#waiting(sum.x), this.#waiting(sum.y)];
      const next = x.length > 0 && (y.length === 0 || x.length <= y.length) ? x : y;
      for (const reader of next) if (this.#chains.get(reader.to)![0] === reader) this.#emit(reader);
    }
    return this.#result;
  }

  #waiting(register: number): readonly MultiplyAdd[] {
    const readers = this.#operands.has(register) ? this.#readers.get(register)! : [];
    return readers.filter((reader) => !this.#done.has(reader));
  }

  #emit(sum: MultiplyAdd): void {
    this.#provide(sum.x);
    this.#provide(sum.y);
    this.#chains.get(sum.to)!.shift();
    this.#done.add(sum);
    this.#result.push(sum);
  }

  #provide(register: number): void {
    const operand = this.#operands.get(register);
    if (operand === undefined || this.#done.has(operand)) return;
    this.#done.add(operand);
    if (operand.op === "permute") {
      this.#provide(operand.x);
      if (operand.y !== undefined) this.#provide(operand.y);
    }
    this.#result.push(operand);
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
