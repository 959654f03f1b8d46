/**
 * Gives each value its own register number where kernel code uses one number for several: between two statements
 * of one block that write a register without reading it, the register is the first one's value alone. Then a
 * register tile's operands have short lives, and an operand that is used once is seen to be so.
 */
import type { Statement, VectorType } from "../kernel-code.ts";
import { mapVectors, type PlainStatement, vectorsOf } from "./registers-of.ts";

export interface SeparatedValues {
  readonly body: readonly Statement[];
  readonly vectors: readonly VectorType[];
}

export function separateValues(body: readonly Statement[], vectors: readonly VectorType[]): SeparatedValues {
  const types = [...vectors];
  const shared = new Set<number>();
  visitRuns(body, (run) => {
    for (const register of readFromOutside(run)) shared.add(register);
  });
  return { body: separateBlock(body, { types, shared }), vectors: types };
}

interface Registers {
  readonly types: VectorType[];
  /** Those whose value passes from one run of statements to another. */
  readonly shared: ReadonlySet<number>;
}

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

function readFromOutside(run: readonly PlainStatement[]): Set<number> {
  const written = new Set<number>();
  const outside = new Set<number>();
  for (const statement of run) {
    const { reads, writes } = vectorsOf(statement);
    for (const register of reads) if (!written.has(register)) outside.add(register);
    for (const register of writes) written.add(register);
  }
  return outside;
}

const isNested = (statement: Statement): boolean => statement.op === "loop" || statement.op === "if";

function separateBlock(body: readonly Statement[], registers: Registers): Statement[] {
  const result: Statement[] = [];
  let run: PlainStatement[] = [];
  const close = (): void => {
    result.push(...separateRun(run, registers));
    run = [];
  };
  for (const statement of body) {
    if (!isNested(statement)) {
      run.push(statement as PlainStatement);
      continue;
    }
    close();
    if (statement.op === "loop")
      result.push({ ...statement, body: separateBlock(statement.body, registers) });
    else if (statement.op === "if") {
      const [yes, no] = [separateBlock(statement.yes, registers), separateBlock(statement.no, registers)];
      result.push({ ...statement, yes, no });
    }
  }
  close();
  return result;
}

function separateRun(run: readonly PlainStatement[], { types, shared }: Registers): PlainStatement[] {
  const fresh = freshWrites(run);
  const last = new Map<number, number>();
  for (const [at, register] of fresh) last.set(register, at);
  const names = new Map<number, number>();
  const rename = (register: number): number => names.get(register) ?? register;
  return run.map((statement, at) => {
    const renamed = mapVectors(statement, rename, (register) => register);
    const register = fresh.get(at);
    if (register === undefined) return mapVectors(renamed, (read) => read, rename);
    if (shared.has(register) && last.get(register) === at) names.delete(register);
    else names.set(register, types.push(types[register]!) - 1);
    return mapVectors(renamed, (read) => read, rename);
  });
}

/** The statements that write a register without reading it, with the register. */
function freshWrites(run: readonly PlainStatement[]): Map<number, number> {
  const fresh = new Map<number, number>();
  run.forEach((statement, at) => {
    const { reads, writes } = vectorsOf(statement);
    for (const register of writes) if (!reads.includes(register)) fresh.set(at, register);
  });
  return fresh;
}
