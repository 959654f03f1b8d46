/**
 * Tiles of more results than there are registers. Where the results are neighbours in an image and all taps are
 * written out, few of them are under way at once if the pixels are taken in the order of memory: a result starts at
 * its first pixel and is stored after its last one. Each pixel is then loaded once for a tile that may be as large as
 * an image. Accumulators keep their own order, so no bit changes.
 */
import { isIntegerStatement, type Statement } from "../kernel-code.ts";
import {
  integerWritten,
  mapVectors,
  type PlainStatement,
  vectorWritten,
  visitIntegerReads,
  visitVectorReads,
} from "../registers-of.ts";
import type { MultiplyAdd } from "./order-sums.ts";
import { TileOrder } from "./tile-order.ts";

/** Longer runs are left as they are. */
const MOST_STATEMENTS = 4000;

/**
 * A block with the statements of its tiles in an order in which results are finished one after the other, where the
 * accumulators do not fit the registers otherwise. What is stored must not be loaded at another point of a tile.
 * `countReads`: how often each register is read in the whole kernel.
 */
export function orderTiles(
  body: readonly Statement[],
  registers: number,
  countReads: () => ReadonlyMap<number, number>,
): readonly Statement[] {
  if (body.length <= 4 * registers) return body;
  const parts = partsOf(body);
  const ordered = parts.map((part) =>
    part.length > 4 * registers ? orderTile(part, registers, countReads) : undefined,
  );
  return ordered.some((part) => part !== undefined)
    ? parts.flatMap((part, at): readonly Statement[] => ordered[at] ?? part)
    : body;
}

/** Runs of statements without loops, each a tile at most; a loop by itself. */
function partsOf(body: readonly Statement[]): Statement[][] {
  const parts: Statement[][] = [];
  let hasStored = false;
  let isOpen = false;
  for (const statement of body) {
    const isBlock = statement.op === "loop" || statement.op === "if";
    const isNext = hasStored && statement.op === "constant";
    if (!isOpen || isBlock || isNext) {
      parts.push([]);
      hasStored = false;
    }
    parts.at(-1)!.push(statement);
    isOpen = !isBlock;
    if (statement.op === "store") hasStored = true;
  }
  return parts;
}

/** Undefined where the order stays as it is. */
function orderTile(
  statements: readonly Statement[],
  registers: number,
  countReads: () => ReadonlyMap<number, number>,
): readonly PlainStatement[] | undefined {
  const run = statements as readonly PlainStatement[];
  if (run.length > MOST_STATEMENTS) return undefined;
  const sums = new Set(run.flatMap((statement) => (isSum(statement) ? [statement.to] : [])));
  if (sums.size < registers / 2) return undefined;
  const end = 1 + run.findLastIndex((statement) => !isIntegerStatement(statement));
  const body = run.slice(0, end);
  const integers = body.filter(isIntegerStatement);
  const vectors = body.filter((statement) => !isIntegerStatement(statement));
  if (!mayMoveAhead(body) || !isPlain(vectors, sums, countReads())) return undefined;
  const named = nameValues(vectors, sums);
  if (named.length === vectors.length) return undefined;
  const ordered = new TileOrder(named, sums).run();
  if (ordered === undefined || mostAlive(ordered) > registers) return undefined;
  return [...integers, ...ordered, ...run.slice(end)];
}

function isSum(statement: Statement): statement is MultiplyAdd {
  return statement.op === "fma" && statement.to === statement.z;
}

/** Whether the integer statements may all stand before the others. */
function mayMoveAhead(statements: readonly PlainStatement[]): boolean {
  const known = new Set<number>();
  return statements.every((statement) => {
    const to = integerWritten(statement);
    if (to !== undefined && known.has(to)) return false;
    visitIntegerReads(statement, (register) => known.add(register));
    if (to !== undefined) known.add(to);
    return true;
  });
}

/** Whether registers are written once, accumulators are read when they are done, and nothing is read elsewhere. */
function isPlain(
  statements: readonly PlainStatement[],
  sums: ReadonlySet<number>,
  allReads: ReadonlyMap<number, number>,
): boolean {
  const written = new Set<number>();
  const finished = new Set<number>();
  const reads = new Map<number, number>();
  for (const statement of statements) {
    const sum = isSum(statement) ? statement.to : undefined;
    if (sum !== undefined && finished.has(sum)) return false;
    visitVectorReads(statement, (register) => {
      reads.set(register, (reads.get(register) ?? 0) + 1);
      if (sums.has(register) && register !== sum) finished.add(register);
    });
    const to = sum === undefined ? vectorWritten(statement) : undefined;
    if (to === undefined) continue;
    if (written.has(to) || reads.has(to)) return false;
    written.add(to);
  }
  const isOwn = (register: number): boolean => (reads.get(register) ?? 0) === (allReads.get(register) ?? 0);
  return [...written, ...sums].every(isOwn);
}

/** What is loaded from one place, and permuted in one way, becomes one value. */
function nameValues(statements: readonly PlainStatement[], sums: ReadonlySet<number>): PlainStatement[] {
  const names = new Map<number, number>();
  const known = new Map<string, number>();
  const read = (register: number): number => names.get(register) ?? register;
  return statements.flatMap((statement) => {
    const renamed = mapVectors(statement, read, (register) => register);
    const to = vectorWritten(renamed);
    const isValue = renamed.op === "load" || renamed.op === "splat" || renamed.op === "permute";
    if (to === undefined || !isValue || sums.has(to)) return [renamed];
    const key = JSON.stringify({ ...renamed, to: 0 });
    const same = known.get(key);
    if (same === undefined) known.set(key, to);
    else names.set(to, same);
    return same === undefined ? [renamed] : [];
  });
}

/** The most registers that hold something at once. */
function mostAlive(statements: readonly PlainStatement[]): number {
  const last = new Map<number, number>();
  const written = new Set<number>();
  const outside = new Set<number>();
  statements.forEach((statement, at) => {
    visitVectorReads(statement, (register) => {
      last.set(register, at);
      if (!written.has(register)) outside.add(register);
    });
    const to = vectorWritten(statement);
    if (to !== undefined) written.add(to);
  });
  const alive = new Set<number>();
  let most = 0;
  statements.forEach((statement, at) => {
    const to = vectorWritten(statement);
    if (to !== undefined && !outside.has(to)) alive.add(to);
    most = Math.max(most, alive.size);
    visitVectorReads(statement, (register) => {
      if (last.get(register) === at && register !== to) alive.delete(register);
    });
  });
  return outside.size + most;
}
