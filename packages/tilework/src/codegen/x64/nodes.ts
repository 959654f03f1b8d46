/**
 * Kernel code with everything beside it that wants a register: loop counters, temporaries of statements that
 * take several instructions, opmasks of partial vectors. Numbers continue the kernel's own.
 */
import {
  type ControlStatement,
  isIntegerStatement,
  type KernelCode,
  type Statement,
  type VectorType,
} from "../kernel-code.ts";
import {
  mapVectors,
  type PlainStatement,
  readsVector,
  vectorWritten,
  visitAddress,
  visitIntegerReads,
  visitVectorReads,
} from "../registers-of.ts";
import { type ByteCompares, compareBytes } from "./compare-bytes.ts";
import { laneIndices, shuffleOf } from "./compute-permutation.ts";
import { type FoldedLoad, foldLoads } from "./fold-loads.ts";
import { separateValues } from "./separate-values.ts";

export type Cpu = "avx2" | "avx512";

export interface PlainNode {
  readonly kind: "plain";
  readonly statement: PlainStatement;
  /** Vector registers that live during this statement only. */
  readonly temporaries: readonly number[];
  readonly folded: FoldedLoad | undefined;
  /** The opmask register with the active lanes set, where not all are. */
  readonly tail: number | undefined;
  /** The register with the constant that the instruction looks up: a permutation's lanes, what vfixupimmps does. */
  readonly table: number | undefined;
  /** Bytes that stay bytes: what a comparison compares with them, nothing for their load. */
  readonly bytes: Uint8Array | undefined;
}

type LoopStatement = Extract<ControlStatement, { op: "loop" }>;

export interface LoopNode {
  readonly kind: "loop";
  readonly loop: LoopStatement;
  /** Counts the iterations: the kernel's own counter where its body leaves it alone. */
  readonly iteration: number;
  /** Whether the iteration runs up from 0 to the limit, or down to 0. */
  readonly upward: boolean;
  /** The register with the number of iterations, unless that is constant or counted down. */
  readonly limit: number | undefined;
  readonly body: readonly Node[];
}

export interface IfNode {
  readonly kind: "if";
  readonly branch: Extract<ControlStatement, { op: "if" }>;
  readonly yes: readonly Node[];
  readonly no: readonly Node[];
}

export type Node = PlainNode | LoopNode | IfNode;

export interface NodeProgram {
  readonly nodes: readonly Node[];
  /** The number of integer registers; the last two hold the argument block's and the call block's address. */
  readonly integers: number;
  readonly vectors: readonly VectorType[];
  /** Opmask registers (numbered like vectors) that hold the first `active` lanes, by that number. */
  readonly tails: ReadonlyMap<number, number>;
  readonly argumentBlock: number;
  readonly callBlock: number;
  /** Some statement passes vectors through memory, lane by lane. */
  readonly takesVectorsApart: boolean;
}

/** For vfixupimmps: four bits a class of numbers, from the lowest; quiet and signalling NaN give the default NaN. */
const nanStays = 0x33;

export function buildNodes(kernel: KernelCode, cpu: Cpu): NodeProgram {
  return new NodeBuilder(kernel, cpu).build();
}

class NodeBuilder {
  readonly #kernel: KernelCode;
  readonly #cpu: Cpu;
  readonly #body: readonly Statement[];
  readonly #vectors: VectorType[];
  readonly #tails = new Map<number, number>();
  /** Registers with constants that instructions look up, and what sets them. */
  readonly #tables = new Map<
    string,
    { readonly register: number; readonly value: number | readonly number[] }
  >();
  readonly #folds: ReturnType<typeof foldLoads>;
  readonly #bytes: ByteCompares | undefined;
  /** The integer registers that each loop's body writes. */
  readonly #written = new Map<LoopStatement, ReadonlySet<number>>();
  #integers: number;
  #takesVectorsApart = false;

  constructor(kernel: KernelCode, cpu: Cpu) {
    const { body, vectors } = separateValues(kernel.body, kernel.vectors);
    this.#kernel = kernel;
    this.#cpu = cpu;
    this.#body = body;
    this.#vectors = [...vectors];
    this.#integers = kernel.integers;
    this.#folds = foldLoads(body, { lanes: kernel.lanes, broadcastOperand: cpu === "avx512" });
    this.#bytes = cpu === "avx512" ? compareBytes(body, kernel.lanes) : undefined;
  }

  build(): NodeProgram {
    const body = this.#block(this.#body);
    const nodes = [...this.#setTables(), ...body];
    const [argumentBlock, callBlock] = [this.#integers++, this.#integers++];
    return {
      nodes,
      integers: this.#integers,
      vectors: this.#vectors,
      tails: this.#tails,
      argumentBlock,
      callBlock,
      takesVectorsApart: this.#takesVectorsApart,
    };
  }

  #block(body: readonly Statement[]): Node[] {
    const nodes: Node[] = [];
    for (const statement of body) {
      if (this.#folds.loads.has(statement) || this.#bytes?.constants.has(statement)) continue;
      if (statement.op === "loop") nodes.push(this.#loop(statement));
      else if (statement.op === "if") nodes.push(this.#if(statement));
      else if (replacesOperand(statement))
        for (const part of this.#apart(statement)) nodes.push(this.#plain(part));
      else nodes.push(this.#plain(statement));
    }
    return nodes;
  }

  /** The result goes to a register of its own first. */
  #apart(statement: PlainStatement): PlainStatement[] {
    const to = vectorWritten(statement)!;
    const apart = this.#vectors.push(this.#vectors[to]!) - 1;
    const renamed = mapVectors(
      statement,
      (read) => read,
      () => apart,
    );
    return [renamed, { op: "move", to, from: apart }];
  }

  #if(branch: Extract<ControlStatement, { op: "if" }>): IfNode {
    return { kind: "if", branch, yes: this.#block(branch.yes), no: this.#block(branch.no) };
  }

  #plain(statement: PlainStatement): PlainNode {
    if (statement.op === "gather" && statement.type === "u8") this.#takesVectorsApart = true;
    const kinds = temporariesOf(statement, this.#cpu, this.#vectors);
    const temporaries = kinds.length === 0 ? none : kinds.map((type) => this.#vectors.push(type) - 1);
    const folded = this.#folds.readers.get(statement);
    const table = this.#tableOf(statement);
    const bytes = this.#bytesOf(statement);
    return { kind: "plain", statement, temporaries, folded, tail: this.#tail(statement), table, bytes };
  }

  #bytesOf(statement: PlainStatement): Uint8Array | undefined {
    const isLoad = this.#bytes?.loads.has(statement) ?? false;
    return isLoad ? noBytes : this.#bytes?.compares.get(statement);
  }

  #tableOf(statement: PlainStatement): number | undefined {
    const value = this.#lookedUp(statement);
    if (value === undefined) return undefined;
    const known = this.#tables.get(String(value));
    if (known !== undefined) return known.register;
    const register = this.#vectors.push("i32") - 1;
    this.#tables.set(String(value), { register, value });
    return register;
  }

  #lookedUp(statement: PlainStatement): number | readonly number[] | undefined {
    if (statement.op === "keepNan") return this.#cpu === "avx512" ? nanStays : undefined;
    if (statement.op !== "permute" || shuffleOf(statement) !== undefined) return undefined;
    return laneIndices(statement, this.#kernel.lanes, this.#cpu === "avx512" && statement.y !== undefined);
  }

  #setTables(): Node[] {
    return [...this.#tables.values()].map(({ register: to, value }) => {
      const statement = { op: "constant", to, type: "i32", value } as const;
      const none = {
        temporaries: [],
        folded: undefined,
        tail: undefined,
        table: undefined,
        bytes: undefined,
      };
      return { kind: "plain", statement, ...none };
    });
  }

  #loop(loop: LoopStatement): LoopNode {
    const written = this.#writtenIn(loop);
    const { counter, count } = loop;
    const own = counter !== undefined && !written.has(counter);
    const iteration = own ? counter : this.#integers++;
    let limit: number | undefined;
    if (counter !== undefined && typeof count !== "number") {
      const kept = !written.has(count.register) && count.register !== counter;
      limit = kept ? count.register : this.#integers++;
    }
    const body = this.#block(loop.body);
    return { kind: "loop", loop, iteration, upward: counter !== undefined, limit, body };
  }

  #writtenIn(loop: LoopStatement): ReadonlySet<number> {
    const known = this.#written.get(loop);
    if (known !== undefined) return known;
    const written = new Set<number>();
    this.#collectWritten(loop.body, written);
    this.#written.set(loop, written);
    return written;
  }

  #collectWritten(body: readonly Statement[], written: Set<number>): void {
    for (const statement of body) {
      if (statement.op === "loop") {
        if (statement.counter !== undefined) written.add(statement.counter);
        for (const register of this.#writtenIn(statement)) written.add(register);
      } else if (statement.op === "if") {
        this.#collectWritten(statement.yes, written);
        this.#collectWritten(statement.no, written);
      } else if (isIntegerStatement(statement)) {
        written.add(statement.to);
      }
    }
  }

  /** AVX-512 guards what is not a whole vector, half or quarter of one by an opmask. */
  #tail(statement: PlainStatement): number | undefined {
    if (this.#cpu !== "avx512" || !("active" in statement)) return undefined;
    const { op, active, type } = statement;
    if (op === "loadStrided" || op === "storeStrided" || (op === "gather" && type === "u8")) return undefined;
    const narrow = op !== "gather" && type !== "u8" && [1, 4, 8].includes(active);
    if (active === this.#kernel.lanes ? op !== "gather" : narrow) return undefined;
    if (!this.#tails.has(active)) this.#tails.set(active, this.#vectors.push("mask") - 1);
    return this.#tails.get(active)!;
  }
}

/** Whether the result is written early and would replace an operand. */
function replacesOperand(statement: PlainStatement): boolean {
  return writesEarly(statement) && readsVector(statement, vectorWritten(statement)!);
}

const none: readonly never[] = [];
const noBytes = new Uint8Array();

function temporariesOf(
  statement: PlainStatement,
  cpu: Cpu,
  types: readonly VectorType[],
): readonly VectorType[] {
  const avx2 = cpu === "avx2";
  switch (statement.op) {
    case "loadStrided":
      return statement.active > 4 ? ["f32"] : none;
    case "storeStrided":
      return statement.active > 4 ? ["f32"] : none;
    case "store":
      if (!avx2) return none;
      return statement.type === "u8" || ![1, 4, 8].includes(statement.active) ? ["f32"] : none;
    case "gather":
      return avx2 && statement.type !== "u8" ? ["f32"] : none;
    case "addWhere":
    case "keepNan":
      return avx2 ? ["f32"] : none;
    case "convert":
      return avx2 && statement.convert === "i32FromF32" ? ["f32"] : none;
    case "permute":
      return avx2 && statement.y !== undefined && shuffleOf(statement) === undefined ? ["f32"] : none;
    case "reduceLanes": {
      const keepsNan = statement.reduce !== "add" && types[statement.to] === "f32";
      return avx2 && keepsNan ? ["f32", "f32"] : ["f32"];
    }
    default:
      return none;
  }
}

/** Whether the result is written before all operands are read, so that it may share no register with them. */
export function writesEarly(statement: PlainStatement): boolean {
  switch (statement.op) {
    case "gather":
    case "reduceLanes":
      return true;
    case "permute":
      return shuffleOf(statement) === undefined;
    case "convert":
      return statement.convert === "i32FromF32";
    case "unary":
      return statement.unary === "neg";
    default:
      return false;
  }
}

/** Calls `visit` for each vector register that a node reads. */
export function visitNodeVectors(
  { statement, folded, tail, table, bytes }: PlainNode,
  visit: (register: number) => void,
): void {
  const constant = bytes !== undefined && statement.op === "compare" ? statement.y : undefined;
  visitVectorReads(statement, (register) => {
    if (register !== folded?.register && register !== constant) visit(register);
  });
  if (tail !== undefined) visit(tail);
  if (table !== undefined) visit(table);
}

/** Calls `visit` for each integer register that a node reads. */
export function visitNodeIntegers(
  { statement, folded }: PlainNode,
  { argumentBlock, callBlock }: NodeProgram,
  visit: (register: number) => void,
): void {
  visitIntegerReads(statement, visit);
  if (folded !== undefined) visitAddress(folded.address, visit);
  if (statement.op === "argument") visit(argumentBlock);
  if (statement.op === "begin" || statement.op === "end") visit(callBlock);
}
