/**
 * Gives each value its own register number where kernel code uses one number for several: between two statements
 * of one run that write a register without reading it, the register is the first one's value alone. Then a
 * register tile's operands have short lives, and an operand that is used once is seen to be so.
 */
import type { Statement, VectorType } from "../kernel-code.ts";
import {
  mapVectors,
  type PlainStatement,
  readsVector,
  vectorWritten,
  visitVectorReads,
} from "../registers-of.ts";

export interface SeparatedValues {
  readonly body: readonly Statement[];
  readonly vectors: readonly VectorType[];
}

export function separateValues(body: readonly Statement[], vectors: readonly VectorType[]): SeparatedValues {
  const freshWrites = new Uint32Array(vectors.length);
  const shared = new Set<number>();
  visitRuns(body, (run) => countFreshWrites(run, freshWrites, shared));
  if (freshWrites.every((count) => count <= 1)) return { body, vectors };
  const types = [...vectors];
  return { body: separateBlock(body, { types, shared, freshWrites }), vectors: types };
}

interface Registers {
  readonly types: VectorType[];
  /** Those whose value passes from one run of statements to another. */
  readonly shared: ReadonlySet<number>;
  /** How many statements write each register without reading it. */
  readonly freshWrites: Uint32Array;
}

/** The register that a statement writes without reading it. */
function freshlyWritten(statement: PlainStatement): number | undefined {
  const register = vectorWritten(statement);
  return register === undefined || readsVector(statement, register) ? undefined : register;
}

/** A run is what stands between loops and branches. */
function visitRuns(body: readonly Statement[], visit: (run: readonly PlainStatement[]) => void): void {
  let run: PlainStatement[] = [];
  for (const statement of body) {
    if (statement.op !== "loop" && statement.op !== "if") {
      run.push(statement);
      continue;
    }
    visit(run);
    run = [];
    for (const inner of statement.op === "loop" ? [statement.body] : [statement.yes, statement.no])
      visitRuns(inner, visit);
  }
  visit(run);
}

/** Counts the writes that do not read their register; `shared` takes what is read before the run writes it. */
function countFreshWrites(
  run: readonly PlainStatement[],
  freshWrites: Uint32Array,
  shared: Set<number>,
): void {
  const written = new Set<number>();
  let to: number | undefined;
  let isFresh = false;
  const read = (register: number): void => {
    if (register === to) isFresh = false;
    if (!written.has(register)) shared.add(register);
  };
  for (const statement of run) {
    to = vectorWritten(statement);
    isFresh = to !== undefined;
    visitVectorReads(statement, read);
    if (to === undefined) continue;
    if (isFresh) freshWrites[to]!++;
    written.add(to);
  }
}

function separateBlock(body: readonly Statement[], registers: Registers): Statement[] {
  const result: Statement[] = [];
  let run: PlainStatement[] = [];
  const close = (): void => {
    for (const statement of separateRun(run, registers)) result.push(statement);
    run = [];
  };
  for (const statement of body) {
    if (statement.op === "loop") {
      close();
      result.push({ ...statement, body: separateBlock(statement.body, registers) });
    } else if (statement.op === "if") {
      close();
      const [yes, no] = [separateBlock(statement.yes, registers), separateBlock(statement.no, registers)];
      result.push({ ...statement, yes, no });
    } else {
      run.push(statement);
    }
  }
  close();
  return result;
}

function separateRun(
  run: readonly PlainStatement[],
  { types, shared, freshWrites }: Registers,
): readonly PlainStatement[] {
  const fresh = run.map((statement) => {
    const register = freshlyWritten(statement);
    return register !== undefined && freshWrites[register]! > 1 ? register : undefined;
  });
  if (fresh.every((register) => register === undefined)) return run;
  const last = new Map(fresh.map((register, at) => [register, at]));
  const names = new Map<number, number>();
  const rename = (register: number): number => names.get(register) ?? register;
  return run.map((statement, at) => {
    const register = fresh[at];
    return mapVectors(statement, rename, (to) => {
      if (register === undefined) return rename(to);
      if (shared.has(register) && last.get(register) === at) names.delete(register);
      else names.set(register, types.push(types[register]!) - 1);
      return rename(to);
    });
  });
}
