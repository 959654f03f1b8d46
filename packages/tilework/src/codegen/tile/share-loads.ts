/**
 * Loads that steps written out in a row have in common are done once: neighbouring taps of a convolution read
 * neighbouring pixels. The multiply-adds of such a run are put in another order, in which each loaded value is used
 * up soon after it came; each accumulator keeps its own order, so no bit changes. Where the values that wait would
 * not fit the registers, the run stays as it is.
 */
import type { KernelCode, Statement, VectorStatement } from "../kernel-code.ts";
import { visitVectorReads } from "../registers-of.ts";

type Load = Extract<VectorStatement, { op: "load" | "splat" }>;
type MultiplyAdd = Extract<VectorStatement, { op: "fma" }>;
type Step = Load | MultiplyAdd;

export interface Registers {
  readonly count: number;
  /** The engine does all loads of a run before it uses one. */
  readonly loadsFirst: boolean;
}

export function shareLoads(code: KernelCode, registers: Registers): KernelCode {
  return { ...code, body: shareIn(code.body, countReads(code.body), registers) };
}

function shareIn(
  body: readonly Statement[],
  reads: ReadonlyMap<number, number>,
  registers: Registers,
): Statement[] {
  const result: Statement[] = [];
  let run: Step[] = [];
  const close = (): void => {
    for (const step of new Run(run, reads, registers).shared()) result.push(step);
    run = [];
  };
  const inner = (block: readonly Statement[]): Statement[] => shareIn(block, reads, registers);
  for (const statement of body) {
    if (isStep(statement)) {
      run.push(statement);
      continue;
    }
    close();
    if (statement.op === "loop") result.push({ ...statement, body: inner(statement.body) });
    else if (statement.op === "if")
      result.push({ ...statement, yes: inner(statement.yes), no: inner(statement.no) });
    else result.push(statement);
  }
  close();
  return result;
}

function isStep(statement: Statement): statement is Step {
  return (
    statement.op === "load" ||
    statement.op === "splat" ||
    (statement.op === "fma" && statement.to === statement.z)
  );
}

function countReads(body: readonly Statement[]): Map<number, number> {
  const reads = new Map<number, number>();
  const visit = (block: readonly Statement[]): void => {
    for (const statement of block)
      if (statement.op === "loop") visit(statement.body);
      else if (statement.op === "if") [statement.yes, statement.no].forEach(visit);
      else
        visitVectorReads(statement as VectorStatement, (register) =>
          reads.set(register, (reads.get(register) ?? 0) + 1),
        );
  };
  visit(body);
  return reads;
}

/** Loads and multiply-adds without anything between them, so that nothing is written to memory meanwhile. */
class Run {
  readonly #steps: readonly Step[];
  readonly #allReads: ReadonlyMap<number, number>;
  readonly #registers: Registers;
  readonly #loads = new Map<number, Load>();
  /** The register that holds what a load's register would. */
  readonly #names = new Map<number, number>();
  readonly #sums: MultiplyAdd[] = [];

  constructor(steps: readonly Step[], allReads: ReadonlyMap<number, number>, registers: Registers) {
    this.#steps = steps;
    this.#allReads = allReads;
    this.#registers = registers;
  }

  shared(): readonly Step[] {
    if (!this.#findShared()) return this.#steps;
    const ordered = new Ordering(this.#sums, this.#loads).run();
    return this.#fits(ordered) ? ordered : this.#steps;
  }

  /** Whether there is something to share, and all that is loaded here is used here alone. */
  #findShared(): boolean {
    const byPlace = new Map<string, number>();
    const reads = new Map<number, number>();
    for (const step of this.#steps) {
      if (step.op !== "fma") {
        if (this.#names.has(step.to)) return false;
        const { base, index, offset } = step.address;
        const place = `${step.op} ${base} ${index} ${offset} ${step.type} ${step.op === "load" ? step.active : 0}`;
        const known = byPlace.get(place);
        this.#names.set(step.to, known ?? step.to);
        if (known !== undefined) continue;
        byPlace.set(place, step.to);
        this.#loads.set(step.to, step);
        continue;
      }
      for (const register of [step.x, step.y]) reads.set(register, (reads.get(register) ?? 0) + 1);
      this.#sums.push({ ...step, x: this.#named(step.x), y: this.#named(step.y) });
    }
    if (this.#loads.size === this.#names.size) return false;
    const sums = new Set(this.#sums.map(({ to }) => to));
    return (
      [...this.#names.keys()].every((register) => reads.get(register) === this.#allReads.get(register)) &&
      [...reads.keys()].every((register) => !sums.has(register))
    );
  }

  #named(register: number): number {
    return this.#names.get(register) ?? register;
  }

  #fits(ordered: readonly Step[]): boolean {
    const last = new Map<number, number>();
    const outside = new Set<number>();
    ordered.forEach((step, at) => {
      if (step.op !== "fma") return;
      outside.add(step.to);
      for (const register of [step.x, step.y])
        if (this.#loads.has(register)) last.set(register, at);
        else outside.add(register);
    });
    const { count, loadsFirst } = this.#registers;
    if (loadsFirst) return outside.size + last.size <= count;
    let [alive, most] = [0, 0];
    ordered.forEach((step, at) => {
      if (step.op !== "fma") most = Math.max(most, ++alive);
      else for (const register of new Set([step.x, step.y])) if (last.get(register) === at) alive--;
    });
    return outside.size + most <= count;
  }
}

/** Puts multiply-adds in an order in which what is loaded is used up soon. */
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
