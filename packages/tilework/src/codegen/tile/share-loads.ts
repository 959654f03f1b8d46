/**
 * Loads, and permutations of what is loaded, that steps written out in a row have in common are done once: neighbouring
 * taps of a convolution read neighbouring pixels. The multiply-adds of such a run are put in another order, in which each
 * value is used up soon after it came; each accumulator keeps its own order, so no bit changes. Where the values that wait
 * would not fit the registers, the run stays as it is.
 */
import type { KernelCode, Statement, VectorStatement } from "../kernel-code.ts";
import { visitVectorReads } from "../registers-of.ts";
import {
  type Load,
  type MultiplyAdd,
  type Operand,
  orderSums,
  type Permutation,
  type Step,
} from "./order-sums.ts";
import { orderTiles } from "./order-tile.ts";

export interface Registers {
  readonly count: number;
  /** The engine does all loads of a run before it uses one. */
  readonly loadsFirst: boolean;
}

export function shareLoads(code: KernelCode, registers: Registers): KernelCode {
  let counted: ReadonlyMap<number, number> | undefined;
  const reads = (): ReadonlyMap<number, number> => {
    counted ??= countReads(code.body);
    return counted;
  };
  return { ...code, body: shareIn(code.body, reads, registers) };
}

/** How often each register is read in the whole kernel. */
type Reads = () => ReadonlyMap<number, number>;

function shareIn(body: readonly Statement[], reads: Reads, registers: Registers): Statement[] {
  const result: Statement[] = [];
  let run: Step[] = [];
  const close = (): void => {
    if (run.length === 0) return;
    for (const step of shareRun(run, reads, registers)) result.push(step);
    run = [];
  };
  const inner = (block: readonly Statement[]): Statement[] => shareIn(block, reads, registers);
  for (const statement of registers.loadsFirst ? body : orderTiles(body, registers.count, reads)) {
    if (isStep(statement, registers)) {
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

/** Where permutations do not fit the registers, what lies between them is taken by itself. */
function shareRun(run: readonly Step[], reads: Reads, registers: Registers): readonly Step[] {
  if (!repeatsOperands(run)) return run;
  const shared = new Run(run, reads(), registers).shared();
  if (shared !== undefined || !run.some(isPermutation)) return shared ?? run;
  const parts: Step[] = [];
  let from = 0;
  for (let at = 0; at <= run.length; at++) {
    if (at < run.length && !isPermutation(run[at]!)) continue;
    parts.push(...shareRun(run.slice(from, at), reads, registers), ...run.slice(at, at + 1));
    from = at + 1;
  }
  return parts;
}

function isStep(statement: Statement, { loadsFirst }: Registers): statement is Step {
  return (
    statement.op === "load" ||
    statement.op === "splat" ||
    (statement.op === "permute" && !loadsFirst) ||
    (statement.op === "fma" && statement.to === statement.z)
  );
}

function isPermutation(step: Step): step is Permutation {
  return step.op === "permute";
}

function repeatsOperands(steps: readonly Step[]): boolean {
  if (steps.length < 2) return false;
  const places = new Set<number | string>();
  for (const step of steps) {
    if (step.op === "fma") continue;
    const place = isPermutation(step) ? orderOf(step) : placeOf(step);
    if (places.has(place)) return true;
    places.add(place);
  }
  return false;
}

/** What a permutation gives. */
function orderOf({ x, y, lanes }: Permutation): string {
  return `permute ${x} ${y} ${lanes.join()}`;
}

const offsets = 2 ** 31;

/** What a load gives, as a number where that is unique: registers by kind and offset. */
function placeOf(load: Load): number | string {
  const { base, index, offset } = load.address;
  const active = load.op === "load" ? load.active : 0;
  if (index === undefined && load.type === "f32" && base < 2 ** 16 && offset < offsets)
    return (base * 32 + active) * offsets + offset;
  return `${load.op} ${base} ${index} ${offset} ${load.type} ${active}`;
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

/** Loads, permutations and multiply-adds without anything between them, so that nothing is written to memory meanwhile. */
class Run {
  readonly #steps: readonly Step[];
  readonly #allReads: ReadonlyMap<number, number>;
  readonly #registers: Registers;
  readonly #operands = new Map<number, Operand>();
  /** The register that holds what an operand's register would. */
  readonly #names = new Map<number, number>();
  readonly #sums: MultiplyAdd[] = [];

  constructor(steps: readonly Step[], allReads: ReadonlyMap<number, number>, registers: Registers) {
    this.#steps = steps;
    this.#allReads = allReads;
    this.#registers = registers;
  }

  /** Undefined where nothing is shared. */
  shared(): readonly Step[] | undefined {
    if (!this.#findShared()) return undefined;
    const ordered = orderSums(this.#sums, this.#operands);
    return this.#fits(ordered) ? ordered : undefined;
  }

  /** Finds what to share; whether all that is loaded here is used here alone. */
  #findShared(): boolean {
    const byPlace = new Map<number | string, number>();
    const reads = new Map<number, number>();
    for (const step of this.#steps) {
      if (step.op === "fma") this.#sums.push({ ...step, x: this.#named(step.x), y: this.#named(step.y) });
      else if (this.#names.has(step.to)) return false;
      else this.#nameOperand(step, byPlace);
      for (const register of readBy(step)) reads.set(register, (reads.get(register) ?? 0) + 1);
    }
    const sums = new Set(this.#sums.map(({ to }) => to));
    return (
      [...this.#names.keys()].every((register) => reads.get(register) === this.#allReads.get(register)) &&
      [...reads.keys()].every((register) => !sums.has(register))
    );
  }

  #nameOperand(step: Operand, byPlace: Map<number | string, number>): void {
    const operand = isPermutation(step) ? this.#renamed(step) : step;
    const place = isPermutation(operand) ? orderOf(operand) : placeOf(operand);
    const known = byPlace.get(place);
    this.#names.set(step.to, known ?? step.to);
    if (known !== undefined) return;
    byPlace.set(place, step.to);
    this.#operands.set(step.to, operand);
  }

  #renamed(step: Permutation): Permutation {
    const { x, y } = step;
    return { ...step, x: this.#named(x), ...(y === undefined ? {} : { y: this.#named(y) }) };
  }

  #named(register: number): number {
    return this.#names.get(register) ?? register;
  }

  #fits(ordered: readonly Step[]): boolean {
    const last = new Map<number, number>();
    const outside = new Set<number>();
    ordered.forEach((step, at) => {
      if (step.op === "fma") outside.add(step.to);
      for (const register of readBy(step))
        if (this.#operands.has(register)) last.set(register, at);
        else outside.add(register);
    });
    const { count, loadsFirst } = this.#registers;
    if (loadsFirst) return outside.size + last.size <= count;
    let [alive, most] = [0, 0];
    ordered.forEach((step, at) => {
      if (step.op !== "fma") most = Math.max(most, ++alive);
      for (const register of new Set(readBy(step))) if (last.get(register) === at) alive--;
    });
    return outside.size + most + ordersIn(ordered).size <= count;
  }
}

/** The orders of lanes, each in a register. */
function ordersIn(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.filter(isPermutation).map(({ lanes }) => lanes.join()));
}

/** Registers of a step's operands. */
function readBy(step: Step): readonly number[] {
  if (step.op === "fma") return [step.x, step.y];
  if (step.op !== "permute") return [];
  return step.y === undefined ? [step.x] : [step.x, step.y];
}
