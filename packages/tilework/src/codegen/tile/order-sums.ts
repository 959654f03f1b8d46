/** The order of loads and multiply-adds in which what is loaded is used up soon. */
import type { VectorStatement } from "../kernel-code.ts";

export type Load = Extract<VectorStatement, { op: "load" | "splat" }>;
export type MultiplyAdd = Extract<VectorStatement, { op: "fma" }>;
export type Step = Load | MultiplyAdd;

/**
 * Multiply-adds with the loads that they need, by register, each before its first use. After each multiply-add come
 * those that read the same value and whose accumulator's turn it is. An accumulator keeps its own order.
 */
export function orderSums(sums: readonly MultiplyAdd[], loads: ReadonlyMap<number, Load>): readonly Step[] {
  return new Ordering(sums, loads).run();
}

class Ordering {
  readonly #sums: readonly MultiplyAdd[];
  readonly #loads: ReadonlyMap<number, Load>;
  readonly #readers = new Map<number, MultiplyAdd[]>();
  /** What is left to do for each accumulator, in order. */
  readonly #chains = new Map<number, MultiplyAdd[]>();
  readonly #done = new Set<Step>();
  readonly #result: Step[] = [];

  constructor(sums: readonly MultiplyAdd[], loads: ReadonlyMap<number, Load>) {
    this.#sums = sums;
    this.#loads = loads;
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
    const readers = this.#loads.has(register) ? this.#readers.get(register)! : [];
    return readers.filter((reader) => !this.#done.has(reader));
  }

  #emit(sum: MultiplyAdd): void {
    for (const register of [sum.x, sum.y]) {
      const load = this.#loads.get(register);
      if (load === undefined || this.#done.has(load)) continue;
      this.#done.add(load);
      this.#result.push(load);
    }
    this.#chains.get(sum.to)!.shift();
    this.#done.add(sum);
    this.#result.push(sum);
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
