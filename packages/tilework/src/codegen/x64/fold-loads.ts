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
      const found = pending.size === 0 ? undefined : memoryOperand(statement, pending);
      if (found !== undefined) {
        const { statement: load, ...fold } = pending.get(found)!;
        readers.set(statement, fold);
        loads.add(load);
      }
      if (pending.size > 0) forget(pending, statement);
      const broadcast = statement.op === "splat" && broadcastOperand;
      const whole = statement.op === "load" && statement.active === lanes;
      if ((broadcast || whole) && statement.type !== "u8" && uses.isOnce(statement.to))
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

/** The register among `loaded` that the statement may take from memory, the better choice first. */
function memoryOperand(statement: PlainStatement, loaded: ReadonlyMap<number, unknown>): number | undefined {
  const either = (first: number, second: number): number | undefined =>
    loaded.has(first) ? first : loaded.has(second) ? second : undefined;
  switch (statement.op) {
    case "fma":
      return either(statement.x, statement.y);
    case "addWhere":
      return either(statement.y, statement.y);
    case "binary":
      switch (statement.binary) {
        case "add":
        case "mul":
          return either(statement.y, statement.x);
        case "sub":
        case "div":
          return either(statement.y, statement.y);
        case "min":
        case "max":
          return either(statement.x, statement.x);
        default:
          return undefined;
      }
    default:
      return undefined;
  }
}

interface Uses {
  /** Whether one statement writes the register and one reads it, a single time. */
  isOnce(register: number): boolean;
}

function countUses(body: readonly Statement[]): Uses {
  const reads: number[] = [];
  const writes: number[] = [];
  const read = (register: number): void => {
    reads[register] = (reads[register] ?? 0) + 1;
  };
  const visit = (block: readonly Statement[]): void => {
    for (const statement of block) {
      if (statement.op === "loop") visit(statement.body);
      else if (statement.op === "if") [statement.yes, statement.no].forEach(visit);
      else {
        visitVectorReads(statement, read);
        const written = vectorWritten(statement);
        if (written !== undefined) writes[written] = (writes[written] ?? 0) + 1;
      }
    }
  };
  visit(body);
  return { isOnce: (register) => reads[register] === 1 && writes[register] === 1 };
}
