/** Which registers a statement reads and writes. */
import {
  type Address,
  type IntegerStatement,
  isIntegerStatement,
  type VectorStatement,
} from "./kernel-code.ts";

export type PlainStatement = IntegerStatement | VectorStatement;

type Visit = (register: number) => void;
type Rename = (register: number) => number;

/** Calls `visit` for each vector register that is read, as often as it is named. */
export function visitVectorReads(statement: PlainStatement, visit: Visit): void {
  switch (statement.op) {
    case "gather":
      visit(statement.indices);
      return;
    case "store":
    case "storeStrided":
    case "move":
      visit(statement.from);
      return;
    case "unary":
    case "convert":
      visit(statement.x);
      return;
    case "binary":
      visit(statement.x);
      if (!isShift(statement.binary)) visit(statement.y);
      return;
    case "addWhere":
      visit(statement.x);
      visit(statement.y);
      visit(statement.condition);
      return;
    case "keepNan":
      visit(statement.x);
      visit(statement.from);
      return;
    case "compare":
      visit(statement.x);
      visit(statement.y);
      return;
    case "permute":
      visit(statement.x);
      if (statement.y !== undefined) visit(statement.y);
      return;
    case "fma":
      visit(statement.x);
      visit(statement.y);
      visit(statement.z);
      return;
    case "select":
      visit(statement.condition);
      visit(statement.yes);
      visit(statement.no);
      return;
    case "reduceLanes":
      statement.from.forEach(visit);
      return;
  }
}

function isShift(binary: string): boolean {
  return binary === "shl" || binary === "shrU" || binary === "shrS";
}

export function readsVector(statement: PlainStatement, register: number): boolean {
  let found = false;
  visitVectorReads(statement, (read) => {
    if (read === register) found = true;
  });
  return found;
}

/** The vector register that the statement writes. */
export function vectorWritten(statement: PlainStatement): number | undefined {
  if (statement.op === "store" || statement.op === "storeStrided" || isIntegerStatement(statement))
    return undefined;
  return statement.to;
}

/** The integer register that the statement writes. */
export function integerWritten(statement: PlainStatement): number | undefined {
  return isIntegerStatement(statement) ? statement.to : undefined;
}

/** Calls `visit` for each integer register that is read. */
export function visitIntegerReads(statement: PlainStatement, visit: Visit): void {
  switch (statement.op) {
    case "offset":
    case "splatInteger":
      visit(statement.from);
      return;
    case "addIntegers":
      visit(statement.x);
      visit(statement.y);
      return;
    case "scale":
    case "divide":
    case "remainder":
    case "atMost":
    case "atLeast":
      visit(statement.x);
      return;
    default:
      if ("address" in statement) visitAddress(statement.address, visit);
  }
}

export function visitAddress({ base, index }: Address, visit: Visit): void {
  visit(base);
  if (index !== undefined) visit(index);
}

/** The statement with the vector registers that it reads replaced, and then the one that it writes. */
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
    case "addWhere": {
      const [x, y, condition] = [read(statement.x), read(statement.y), read(statement.condition)];
      return { ...statement, x, y, condition, to: write(statement.to) };
    }
    case "keepNan":
      return { ...statement, x: read(statement.x), from: read(statement.from), to: write(statement.to) };
    case "compare":
      return { ...statement, x: read(statement.x), y: read(statement.y), to: write(statement.to) };
    case "permute": {
      const { y, ...rest } = statement;
      const x = read(statement.x);
      const second = y === undefined ? {} : { y: read(y) };
      return { ...rest, x, ...second, to: write(statement.to) };
    }
    case "fma": {
      const [x, y, z] = [read(statement.x), read(statement.y), read(statement.z)];
      return { ...statement, x, y, z, to: write(statement.to) };
    }
    case "select": {
      const [condition, yes, no] = [read(statement.condition), read(statement.yes), read(statement.no)];
      return { ...statement, condition, yes, no, to: write(statement.to) };
    }
    case "reduceLanes":
      return { ...statement, from: statement.from.map(read), to: write(statement.to) };
    default:
      return statement;
  }
}
