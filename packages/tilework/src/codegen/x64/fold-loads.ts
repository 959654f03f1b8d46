/**
 * Finds loads that their only reader can do itself: as a memory operand, or with AVX-512 as an element broadcast
 * from memory. Nothing between the two may write memory or the address's registers.
 */
import type { Address, Statement } from "../kernel-code.ts";
import { integerWritten, type PlainStatement, vectorWritten, visitVectorReads } from "../registers-of.ts";

export interface FoldedLoad {
  /** The vector register that is never written, for its reader takes the value from memory. */
  readonly register: number;
  readonly address: Address;
  readonly broadcast: boolean;
}

export interface Folds {
  /** By the reading statement. */
  readonly readers: ReadonlyMap<Statement, FoldedLoad>;
  readonly loads: ReadonlySet<Statement>;
}

export function foldLoads(
  body: readonly Statement[],
  { lanes, broadcastOperand }: { readonly lanes: number; readonly broadcastOperand: boolean },
): Folds {
  const readers = new Map<Statement, FoldedLoad>();
  const loads = new Set<Statement>();
  const uses = countUses(body);
  const foldBlock = (block: readonly Statement[]): void => {
    let pending = new Map<number, FoldedLoad & { readonly statement: Statement }>();
    for (const statement of block) {
      if (statement.op === "loop" || statement.op === "if") {
        pending = new Map();
        if (statement.op === "loop") foldBlock(statement.body);
        else for (const branch of [statement.yes, statement.no]) foldBlock(branch);
        continue;
      }
      const found =
        pending.size === 0 ? undefined : memoryOperands(statement).find((register) => pending.has(register));
      if (found !== undefined) {
        const { statement: load, ...fold } = pending.get(found)!;
        readers.set(statement, fold);
        loads.add(load);
      }
      forget(pending, statement);
      const broadcast = statement.op === "splat" && broadcastOperand;
      const whole = statement.op === "load" && statement.active === lanes;
      if ((broadcast || whole) && statement.type !== "u8" && uses.get(statement.to) === "once")
        pending.set(statement.to, {
          register: statement.to,
          address: statement.address,
          broadcast,
          statement,
        });
    }
  };
  foldBlock(body);
  return { readers, loads };
}

/** Drops the loads that may not move past this statement. */
function forget(pending: Map<number, FoldedLoad>, statement: PlainStatement): void {
  if (statement.op === "store" || statement.op === "storeStrided") pending.clear();
  const written = integerWritten(statement);
  if (written === undefined) return;
  for (const [register, { address }] of pending)
    if (address.base === written || address.index === written) pending.delete(register);
}

/** Registers of the statement that may stand in memory, the better choice first. */
function memoryOperands(statement: PlainStatement): number[] {
  switch (statement.op) {
    case "fma":
      return [statement.x, statement.y];
    case "addWhere":
      return [statement.y];
    case "binary":
      switch (statement.binary) {
        case "add":
        case "mul":
          return [statement.y, statement.x];
        case "sub":
        case "div":
          return [statement.y];
        case "min":
        case "max":
          return [statement.x];
        default:
          return [];
      }
    default:
      return [];
  }
}

/** "once": written by one statement and read by one, a single time. */
function countUses(body: readonly Statement[]): Map<number, "once" | "more"> {
  const reads = new Map<number, number>();
  const writes = new Map<number, number>();
  const count = (counts: Map<number, number>, register: number): void => {
    counts.set(register, (counts.get(register) ?? 0) + 1);
  };
  const visit = (block: readonly Statement[]): void => {
    for (const statement of block) {
      if (statement.op === "loop") visit(statement.body);
      else if (statement.op === "if") [statement.yes, statement.no].forEach(visit);
      else {
        visitVectorReads(statement, (register) => count(reads, register));
        const written = vectorWritten(statement);
        if (written !== undefined) count(writes, written);
      }
    }
  };
  visit(body);
  const once = (register: number): boolean => reads.get(register) === 1 && writes.get(register) === 1;
  return new Map([...writes.keys()].map((register) => [register, once(register) ? "once" : "more"]));
}
