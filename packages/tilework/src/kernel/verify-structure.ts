/** Checks that a nest is well formed: axes, tables, buffers and types. All but memory bounds. */
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import { InternalError } from "../util/errors.ts";
import type { Expression, ScalarType } from "./expression.ts";
import { inferTypes, registerType, slotTypes } from "./expression-type.ts";
import type { Index } from "./index-expression.ts";
import { type Buffer, type Level, type Nest, storageOf } from "./nest.ts";
import { nodesUnder } from "./rewrite.ts";

/** Where an expression stands: the axes that exist there, and the type of each accumulator slot. */
export interface Scope {
  readonly place: string;
  readonly axes: ReadonlySet<number>;
  readonly accumulators: readonly (readonly ScalarType[])[];
}

/** The scopes of the levels' reductions, innermost first, then that of the stores. */
export function scopesOf(nest: Nest): { levels: Scope[]; stores: Scope } {
  const axes = new Set(nest.space);
  const inside: ScalarType[][] = [];
  const around = [...nest.levels].reverse().map((level) => {
    for (const axis of level.axes) axes.add(axis);
    return new Set(axes);
  });
  const levels = nest.levels.map((level, at): Scope => {
    const accumulators = nest.levels.slice(0, at).map((_, below) => (below === at - 1 ? inside[below]! : []));
    inside.push(slotTypes(level, { buffers: nest.buffers, accumulators }));
    return { place: `level ${at}`, axes: around[nest.levels.length - 1 - at]!, accumulators };
  });
  const last = nest.levels.length - 1;
  const accumulators = nest.levels.map((_, at) => (at === last ? inside[at]! : []));
  return { levels, stores: { place: "stores", axes: new Set(nest.space), accumulators } };
}

export function expressionsOfLevel(level: Level): Expression[] {
  return level.reductions.flatMap((reduction) =>
    reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value],
  );
}

/** Throws InternalError where the nest is malformed. */
export function verifyStructure(nest: Nest): void {
  const check = (holds: boolean, problem: () => string): void => {
    if (!holds) throw new InternalError(`nest ${nest.name}: ${problem()}`);
  };
  verifyAxes(nest, check);
  for (const buffer of nest.buffers) verifyBuffer(buffer, check);
  for (const { index } of nest.guards) verifyIndex(nest, index, undefined, "a guard", check);
  const scopes = scopesOf(nest);
  nest.levels.forEach((level, at) => {
    verifyExpressions(nest, expressionsOfLevel(level), scopes.levels[at]!, check);
    for (const reduction of level.reductions)
      check(reduction.op !== "argmax" || !level.lanes, () => `level ${at}: an argmax cannot have lanes`);
    const types = scopes.levels[at + 1]?.accumulators[at] ?? scopes.stores.accumulators[at]!;
    check(!types.includes("mask"), () => `level ${at}: a mask cannot be reduced`);
    check(!level.lanes || level.axes.length > 0, () => `level ${at}: lanes without an axis`);
  });
  const values = nest.stores.map((store) => store.value);
  const types = verifyExpressions(nest, values, scopes.stores, check);
  for (const store of nest.stores) {
    verifyAccess(nest, store.buffer, store.index.length, check);
    for (const index of store.index) verifyIndex(nest, index, scopes.stores, "a store", check);
    verifyStoredType(nest, types.get(store.value)!, store.buffer, check);
  }
}

type Check = (holds: boolean, problem: () => string) => void;

function verifyAxes(nest: Nest, check: Check): void {
  const used = [...nest.space, ...nest.levels.flatMap((level) => level.axes)];
  check(
    used.length === nest.axes.length && nest.axes.every((_, axis) => used.includes(axis)),
    () => `each of ${nest.axes.length} axes must stand in the space or in one level, but they are ${used}`,
  );
  for (const { name, size } of nest.axes)
    check(Number.isInteger(size) && size >= 1, () => `axis ${name} has size ${size}`);
  check(nest.levels.length <= 2, () => `${nest.levels.length} levels`);
}

function verifyBuffer(buffer: Buffer, check: Check): void {
  const storage = storageOf(buffer);
  const bytes = sizeOf(buffer.shape) * byteSize[buffer.dtype];
  check(
    buffer.dtype === storage.dtype && sizeOf(buffer.shape) === sizeOf(storage.shape),
    () =>
      `${buffer.name} (${buffer.dtype} ${buffer.shape}) cannot be a view of ${storage.name} (${storage.dtype} ${storage.shape})`,
  );
  check(bytes < 2 ** 31, () => `${buffer.name} has ${bytes} bytes; indices have 31 bits`);
}

function verifyAccess(nest: Nest, buffer: number, dimensions: number, check: Check): void {
  const accessed = nest.buffers[buffer];
  check(
    accessed?.shape.length === dimensions,
    () => `an access of ${accessed?.name ?? `buffer ${buffer}`} has ${dimensions} indices`,
  );
}

function verifyIndex(nest: Nest, index: Index, scope: Scope | undefined, what: string, check: Check): void {
  check(Number.isInteger(index.offset), () => `${what} has offset ${index.offset}`);
  for (const term of index.terms) {
    const axis = nest.axes[term.axis];
    check(
      axis !== undefined && (scope === undefined || scope.axes.has(term.axis)),
      () =>
        `${what} reads axis ${axis?.name ?? term.axis}, which does not exist in ${scope?.place ?? "the nest"}`,
    );
    if ("stride" in term) check(Number.isInteger(term.stride), () => `${what} has stride ${term.stride}`);
    else
      check(
        term.table.length === axis!.size && term.table.every(Number.isInteger),
        () =>
          `${what} has a table of ${term.table.length} entries over axis ${axis!.name} of size ${axis!.size}`,
      );
  }
}

/** Gives the type of each expression. */
function verifyExpressions(
  nest: Nest,
  roots: readonly Expression[],
  scope: Scope,
  check: Check,
): ReturnType<typeof inferTypes> {
  for (const node of nodesUnder(roots)) {
    if (node.kind === "position") verifyIndex(nest, node.index, scope, "a position", check);
    if (node.kind !== "load") continue;
    verifyAccess(nest, node.buffer, node.index.length, check);
    for (const index of node.index)
      if (!("dynamic" in index)) verifyIndex(nest, index, scope, "a load", check);
  }
  return inferTypes(roots, { buffers: nest.buffers, accumulators: scope.accumulators });
}

function verifyStoredType(nest: Nest, type: ScalarType, buffer: number, check: Check): void {
  const { name, dtype } = nest.buffers[buffer]!;
  check(registerType(dtype) === type, () => `a ${type} value is stored to ${name}, which holds ${dtype}`);
}
