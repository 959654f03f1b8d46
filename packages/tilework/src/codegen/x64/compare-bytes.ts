/**
 * Finds bytes that are only compared with constants, as the codes of a pooling's winners are. AVX-512 compares them as
 * they lie in memory: 16 bytes take a quarter of the work of the 16 integers that they stand for.
 */
import type { Statement } from "../kernel-code.ts";
import { type PlainStatement, vectorWritten, visitVectorReads } from "../registers-of.ts";

export interface ByteCompares {
  /** Loads whose registers keep bytes. */
  readonly loads: ReadonlySet<Statement>;
  /** Constants that nothing but such comparisons reads. */
  readonly constants: ReadonlySet<Statement>;
  /** What each comparison compares the bytes with. */
  readonly compares: ReadonlyMap<Statement, Uint8Array>;
}

type Compare = Extract<Statement, { op: "compare" }>;

/** Undefined where no bytes are loaded. */
export function compareBytes(body: readonly Statement[], lanes: number): ByteCompares | undefined {
  if (!loadsBytes(body)) return undefined;
  const registers = new Registers(body);
  const loads = new Set<Statement>();
  const constants = new Set<Statement>();
  const compares = new Map<Statement, Uint8Array>();
  for (const [register, [load]] of registers.writers) {
    if (load?.op !== "load" || load.type !== "u8" || load.active !== lanes) continue;
    const readers = registers.readersOf(register);
    const found = readers.flatMap((reader) => {
      const bytes =
        isEquality(reader) && reader.x === register ? registers.bytesOf(reader.y, lanes) : undefined;
      return bytes === undefined ? [] : [[reader, bytes] as const];
    });
    if (!registers.isWrittenOnce(register) || found.length < readers.length) continue;
    loads.add(load);
    for (const [reader, bytes] of found) compares.set(reader, bytes);
  }
  if (loads.size > 0)
    for (const [register, [statement]] of registers.writers) {
      const readers = registers.readersOf(register);
      const isByte = statement?.op === "constant" && readers.every((reader) => compares.has(reader));
      if (isByte && readers.length > 0) constants.add(statement);
    }
  return { loads, constants, compares };
}

function loadsBytes(body: readonly Statement[]): boolean {
  return body.some((statement) => {
    if (statement.op === "loop") return loadsBytes(statement.body);
    if (statement.op === "if") return loadsBytes(statement.yes) || loadsBytes(statement.no);
    return statement.op === "load" && statement.type === "u8";
  });
}

function isEquality(statement: Statement): statement is Compare {
  return (
    statement.op === "compare" &&
    statement.type === "i32" &&
    (statement.compare === "eq" || statement.compare === "ne")
  );
}

class Registers {
  readonly writers = new Map<number, PlainStatement[]>();
  readonly #readers = new Map<number, PlainStatement[]>();

  constructor(body: readonly Statement[]) {
    this.#visit(body);
  }

  isWrittenOnce(register: number): boolean {
    return this.writers.get(register)?.length === 1;
  }

  readersOf(register: number): readonly PlainStatement[] {
    return this.#readers.get(register) ?? [];
  }

  /** The constant in a register as one byte a lane; undefined where it is none. */
  bytesOf(register: number, lanes: number): Uint8Array | undefined {
    const [statement] = this.writers.get(register) ?? [];
    if (statement?.op !== "constant" || statement.type !== "i32" || !this.isWrittenOnce(register))
      return undefined;
    const { value } = statement;
    const values = typeof value === "number" ? new Array<number>(lanes).fill(value) : value;
    return values.every((each) => each >= 0 && each <= 255) ? Uint8Array.from(values) : undefined;
  }

  #visit(block: readonly Statement[]): void {
    for (const statement of block)
      if (statement.op === "loop") this.#visit(statement.body);
      else if (statement.op === "if") for (const branch of [statement.yes, statement.no]) this.#visit(branch);
      else {
        visitVectorReads(statement, (register) => append(this.#readers, register, statement));
        const written = vectorWritten(statement);
        if (written !== undefined) append(this.writers, written, statement);
      }
  }
}

function append(map: Map<number, PlainStatement[]>, register: number, statement: PlainStatement): void {
  const known = map.get(register);
  if (known === undefined) map.set(register, [statement]);
  else known.push(statement);
}
