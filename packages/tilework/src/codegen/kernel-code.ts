/**
 * Kernel code: what a scheduled loop nest becomes before a printer turns it into bytes. Structured loops, integer
 * registers for addresses, vector registers of `lanes` 32-bit elements. wasm and x64 print the same code (with
 * their own width), which is why they agree bit for bit.
 *
 * **Calling convention.** A kernel is called with the address of an argument block and a range of tasks
 * [begin, end). The block holds one address a buffer (4 bytes each in wasm, 8 in x64), then one for each table.
 *
 * Virtual registers are plain numbers. Integer registers hold addresses and indices (32 bits in wasm, 64 in
 * x64; index arithmetic stays within 31 bits). Vector registers may be written more than once (accumulators).
 * A read of a register that was never written is a bug.
 */
import type { BinaryOp, CompareOp, ConvertOp, UnaryOp } from "../kernel/expression.ts";

export type VectorType = "f32" | "i32" | "mask";

/** How an element lies in memory. `u8` loads zero-extended into i32 and stores the low byte. */
export type MemoryType = "f32" | "i32" | "u8";

/** base + index + offset, in bytes. */
export interface Address {
  readonly base: number;
  readonly index?: number;
  readonly offset: number;
}

export type IntegerStatement =
  | { readonly op: "argument"; readonly to: number; readonly slot: number }
  | { readonly op: "begin"; readonly to: number }
  | { readonly op: "end"; readonly to: number }
  | { readonly op: "integer"; readonly to: number; readonly value: number }
  /** to = from + value */
  | { readonly op: "offset"; readonly to: number; readonly from: number; readonly value: number }
  | { readonly op: "addIntegers"; readonly to: number; readonly x: number; readonly y: number }
  /** to = x * value, value may be negative */
  | { readonly op: "scale"; readonly to: number; readonly x: number; readonly value: number }
  /** Division of a non-negative integer by a positive constant. */
  | { readonly op: "divide"; readonly to: number; readonly x: number; readonly value: number }
  | { readonly op: "remainder"; readonly to: number; readonly x: number; readonly value: number }
  /** Signed minimum or maximum with a constant. */
  | { readonly op: "atMost" | "atLeast"; readonly to: number; readonly x: number; readonly value: number }
  /** to = the signed 32-bit integer at an address (a table's entry). */
  | { readonly op: "loadInteger"; readonly to: number; readonly address: Address };

export type ControlStatement =
  /**
   * Runs the body `count` times; a constant count is at least 1, a register's may be 0 (never negative).
   * `counter`, where given, runs 0, 1, … and is set anew before each iteration.
   */
  | {
      readonly op: "loop";
      readonly counter?: number;
      readonly count: number | { readonly register: number };
      readonly body: readonly Statement[];
    }
  | {
      readonly op: "if";
      readonly x: number;
      readonly compare: "lt" | "ge" | "eq" | "ne";
      readonly y: number | { readonly register: number };
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    };

export type VectorStatement =
  /** Neighbouring elements into the first `active` lanes; the other lanes become 0. Touches active elements only. */
  | {
      readonly op: "load";
      readonly to: number;
      readonly address: Address;
      readonly type: MemoryType;
      readonly active: number;
    }
  /** One element into all lanes. */
  | { readonly op: "splat"; readonly to: number; readonly address: Address; readonly type: MemoryType }
  /** Lane l gets the element at address + l * stride bytes, for l < active; the others become 0. */
  | {
      readonly op: "loadStrided";
      readonly to: number;
      readonly address: Address;
      readonly stride: number;
      readonly type: MemoryType;
      readonly active: number;
    }
  /** Lane l gets the element at address + indices[l] * bytes(type), for l < active; the others become 0. */
  | {
      readonly op: "gather";
      readonly to: number;
      readonly address: Address;
      readonly indices: number;
      readonly type: MemoryType;
      readonly active: number;
    }
  /** `streaming`: the data will not be read soon; a printer may go past the caches. */
  | {
      readonly op: "store";
      readonly from: number;
      readonly address: Address;
      readonly type: MemoryType;
      readonly active: number;
      readonly streaming?: boolean;
    }
  | {
      readonly op: "storeStrided";
      readonly from: number;
      readonly address: Address;
      readonly stride: number;
      readonly type: MemoryType;
      readonly active: number;
    }
  /** One value in all lanes, or one a lane. Integers as signed 32-bit. */
  | {
      readonly op: "constant";
      readonly to: number;
      readonly type: "f32" | "i32";
      readonly value: number | readonly number[];
    }
  /** An integer register's low 32 bits in all lanes. */
  | { readonly op: "splatInteger"; readonly to: number; readonly from: number }
  | { readonly op: "move"; readonly to: number; readonly from: number }
  | { readonly op: "unary"; readonly unary: UnaryOp; readonly to: number; readonly x: number }
  | {
      readonly op: "binary";
      readonly binary: BinaryOp;
      readonly to: number;
      readonly x: number;
      /** A register, or the constant count of a shift. */
      readonly y: number;
    }
  /** Lane l becomes element lanes[l] of x and y in a row; of x alone where there is no y. */
  | {
      readonly op: "permute";
      readonly to: number;
      readonly x: number;
      readonly y?: number;
      readonly lanes: readonly number[];
    }
  /** to = x * y + z, rounded once. `to` may be z. */
  | { readonly op: "fma"; readonly to: number; readonly x: number; readonly y: number; readonly z: number }
  | {
      readonly op: "compare";
      readonly compare: CompareOp;
      readonly type: "f32" | "i32";
      readonly to: number;
      readonly x: number;
      readonly y: number;
    }
  | {
      readonly op: "select";
      readonly to: number;
      readonly condition: number;
      readonly yes: number;
      readonly no: number;
    }
  /** to = x + y where the condition holds, else x. Float32. */
  | {
      readonly op: "addWhere";
      readonly to: number;
      readonly x: number;
      readonly y: number;
      readonly condition: number;
    }
  /** to = NaN where `from` is NaN, else x. With 16 lanes it is one NaN, always of the same bits. */
  | { readonly op: "keepNan"; readonly to: number; readonly x: number; readonly from: number }
  | { readonly op: "convert"; readonly convert: ConvertOp; readonly to: number; readonly x: number }
  /**
   * Combines 16 virtual lanes, held by 16 / lanes registers in order, by the fixed tree of nest.ts; all lanes of
   * `to` get the result. `max` and `min` are the NaN-keeping ones of nest.ts's reductions.
   */
  | {
      readonly op: "reduceLanes";
      readonly reduce: "add" | "max" | "min";
      readonly to: number;
      readonly from: readonly number[];
    };

export type Statement = IntegerStatement | ControlStatement | VectorStatement;

export interface KernelCode {
  readonly name: string;
  /** 32-bit elements of a hardware vector: 4 (wasm), 8 (AVX2) or 16 (AVX-512). */
  readonly lanes: 4 | 8 | 16;
  /** Buffers, in the order of the argument block. */
  readonly buffers: number;
  /** Constant tables of 32-bit integers, placed by the runtime behind the buffers in the argument block. */
  readonly tables: readonly Int32Array[];
  /** The number of integer registers. */
  readonly integers: number;
  /** The type of each vector register. */
  readonly vectors: readonly VectorType[];
  readonly body: readonly Statement[];
}

const integerOps: ReadonlySet<string> = new Set<IntegerStatement["op"]>([
  "argument",
  "begin",
  "end",
  "integer",
  "offset",
  "addIntegers",
  "scale",
  "divide",
  "remainder",
  "atMost",
  "atLeast",
  "loadInteger",
]);

/** Tells statements on integer registers from those on vectors. */
export function isIntegerStatement(
  statement: IntegerStatement | VectorStatement,
): statement is IntegerStatement {
  return integerOps.has(statement.op);
}
