/** The order of a tile's statements in which results are under way for a short time. */
import { type PlainStatement, vectorWritten, visitVectorReads } from "../registers-of.ts";
import type { MultiplyAdd } from "./order-sums.ts";

/**
 * Takes the multiply-adds group by group: those that read one value (a pixel), once it is their turn in all of their
 * accumulators. What they need comes right before them, what follows from a finished accumulator right after.
 */
export class TileOrder {
  readonly #statements: readonly PlainStatement[];
  readonly #sums: ReadonlySet<number>;
  readonly #writers = new Map<number, PlainStatement>();
  /** Statements that read an accumulator, or what follows from it, when it is done. */
  readonly #readers = new Map<number, PlainStatement[]>();
  /** What is left to do for each accumulator, in order. */
  readonly #chains = new Map<number, MultiplyAdd[]>();
  readonly #groups = new Map<number, MultiplyAdd[]>();
  readonly #late = new Set<number>();
  readonly #done = new Set<PlainStatement>();
  readonly #result: PlainStatement[] = [];

  /** `sums`: the accumulators. */
  constructor(statements: readonly PlainStatement[], sums: ReadonlySet<number>) {
    this.#statements = statements;
    this.#sums = sums;
  }

  /** Undefined where some multiply-adds wait for each other. */
  run(): readonly PlainStatement[] | undefined {
    this.#collect();
    while (this.#groups.size > 0) {
      const next = this.#nextGroup();
      if (next === undefined) return undefined;
      this.#emitGroup(next);
    }
    for (const statement of this.#statements) this.#emit(statement);
    return this.#result;
  }

  #collect(): void {
    const multiplyAdds: MultiplyAdd[] = [];
    const uses = new Map<number, number>();
    for (const statement of this.#statements) {
      const to = vectorWritten(statement);
      if (statement.op === "fma" && this.#sums.has(statement.to)) {
        multiplyAdds.push(statement);
        append(this.#chains, statement.to, statement);
        for (const register of [statement.x, statement.y]) uses.set(register, (uses.get(register) ?? 0) + 1);
        continue;
      }
      if (to !== undefined) this.#writers.set(to, statement);
      visitVectorReads(statement, (register) => {
        if (!this.#sums.has(register) && !this.#late.has(register)) return;
        append(this.#readers, register, statement);
        if (to !== undefined) this.#late.add(to);
      });
    }
    const usesOf = (register: number): number =>
      this.#writers.has(register) ? uses.get(register)! : Number.POSITIVE_INFINITY;
    for (const sum of multiplyAdds) append(this.#groups, usesOf(sum.x) <= usesOf(sum.y) ? sum.x : sum.y, sum);
  }

  /** Of the groups whose turn it is, the one that takes the fewest registers. */
  #nextGroup(): number | undefined {
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [value, group] of this.#groups) {
      const cost = this.#costOf(value, group);
      if (cost === undefined || cost >= least) continue;
      best = value;
      least = cost;
    }
    return best;
  }

  /** Registers that are filled less those that are free afterwards; undefined before its turn. */
  #costOf(value: number, group: readonly MultiplyAdd[]): number | undefined {
    const taken = new Map<number, number>();
    const fresh = new Set<number>();
    let ended = 0;
    for (const sum of group) {
      const chain = this.#chains.get(sum.to)!;
      const at = taken.get(sum.to) ?? 0;
      if (chain[at] !== sum) return undefined;
      taken.set(sum.to, at + 1);
      if (chain.length === at + 1) ended++;
      if (this.#isOpen(sum.x) || this.#isOpen(sum.y)) return undefined;
      for (const register of [sum.to, sum.x, sum.y]) {
        const writer = this.#writers.get(register);
        if (register !== value && writer !== undefined && !this.#done.has(writer)) fresh.add(register);
      }
    }
    return fresh.size - ended;
  }

  #emitGroup(value: number): void {
    const group = this.#groups.get(value)!;
    this.#groups.delete(value);
    for (const sum of group) {
      for (const register of [sum.to, sum.x, sum.y]) this.#provide(register);
      this.#chains.get(sum.to)!.shift();
      this.#done.add(sum);
      this.#result.push(sum);
    }
    for (const { to } of group) if (this.#chains.get(to)!.length === 0) this.#follow(to);
  }

  #provide(register: number): void {
    const writer = this.#writers.get(register);
    if (writer !== undefined) this.#emit(writer);
  }

  #emit(statement: PlainStatement): void {
    if (this.#done.has(statement)) return;
    this.#done.add(statement);
    visitVectorReads(statement, (register) => this.#provide(register));
    this.#result.push(statement);
  }

  /** What can be done now that a register has its value. */
  #follow(register: number): void {
    for (const reader of this.#readers.get(register) ?? []) {
      if (this.#done.has(reader) || !this.#isReady(reader)) continue;
      this.#emit(reader);
      const to = vectorWritten(reader);
      if (to !== undefined) this.#follow(to);
    }
  }

  #isReady(statement: PlainStatement): boolean {
    let isReady = true;
    visitVectorReads(statement, (register) => {
      if (this.#isOpen(register)) isReady = false;
    });
    return isReady;
  }

  /** Whether it is an accumulator under way, or follows from one and is not computed yet. */
  #isOpen(register: number): boolean {
    if ((this.#chains.get(register)?.length ?? 0) > 0) return true;
    return this.#late.has(register) && !this.#done.has(this.#writers.get(register)!);
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
