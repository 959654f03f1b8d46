/** Which registers a statement reads and writes. */
import type { Address, IntegerStatement, VectorStatement } from "../kernel-code.ts";

export type PlainStatement = IntegerStatement | VectorStatement;

type Rename = (register: number) => number;

/** The statement with its vector registers replaced, those read by `read`, the one written by `write`. */
export function mapVectors<S extends PlainStatement>(statement: S, read: Rename, write: Rename): S;
export function mapVectors(statement: PlainStatement, read: Rename, write: Rename): PlainStatement {
  switch (statement.op) {
    case "load":
    case "splat":
    case "loadStrided":
    case "constant":
    case "splatInteger":
      return { ...statement, to: write(statement.to) };
    case "gather":
      return { ...statement, indices: read(statement.indices), to: write(statement.to) };
    case "store":
    case "storeStrided":
      return { ...statement, from: read(statement.from) };
    case "move":
      return { ...statement, from: read(statement.from), to: write(statement.to) };
    case "unary":
    case "convert":
      return { ...statement, x: read(statement.x), to: write(statement.to) };
    case "binary": {
      const y = isShift(statement.binary) ? statement.y : read(statement.y);
      return { ...statement, x: read(statement.x), y, to: write(statement.to) };
    }
    case "compare":
      return { ...statement, x: read(statement.x), y: read(statement.y), to: write(statement.to) };
    case "fma": {
      const { x, y, z, to } = statement;
      return { ...statement, x: read(x), y: read(y), z: read(z), to: write(to) };
    }
    case "select": {
      const { condition, yes, no, to } = statement;
      return { ...statement, condition: read(condition), yes: read(yes), no: read(no), to: write(to) };
    }
    case "reduceLanes":
      return { ...statement, from: statement.from.map(read), to: write(statement.to) };
    default:
      return statement;
  }
}

export function isShift(binary: string): boolean {
  return binary === "shl" || binary === "shrU" || binary === "shrS";
}

export interface RegistersOf {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

export function vectorsOf(statement: PlainStatement): RegistersOf {
  const reads: number[] = [];
  const writes: number[] = [];
  const record =
    (list: number[]): Rename =>
    (register) => {
      list.push(register);
      return register;
    };
  mapVectors(statement, record(reads), record(writes));
  return { reads, writes };
}

export function integersOf(statement: PlainStatement): RegistersOf {
  switch (statement.op) {
    case "argument":
    case "begin":
    case "end":
    case "integer":
      return { reads: [], writes: [statement.to] };
    case "offset":
      return { reads: [statement.from], writes: [statement.to] };
    case "addIntegers":
      return { reads: [statement.x, statement.y], writes: [statement.to] };
    case "scale":
    case "divide":
    case "remainder":
    case "atMost":
    case "atLeast":
      return { reads: [statement.x], writes: [statement.to] };
    case "loadInteger":
      return { reads: addressRegisters(statement.address), writes: [statement.to] };
    case "splatInteger":
      return { reads: [statement.from], writes: [] };
    case "load":
    case "splat":
    case "loadStrided":
    case "gather":
    case "store":
    case "storeStrided":
      return { reads: addressRegisters(statement.address), writes: [] };
    default:
      return { reads: [], writes: [] };
  }
}

export function addressRegisters({ base, index }: Address): number[] {
  return index === undefined ? [base] : [base, index];
}
