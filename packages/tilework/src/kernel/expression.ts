/**
 * What a nest computes at one point. A closed union: interpreter and printers switch on it exhaustively.
 *
 * Values are of three types: `f32`, `i32` (unsigned arithmetic wraps the same way) and `mask` (a truth value,
 * which lives in registers only). Memory of type uint8 and bool loads as i32 and stores the low byte.
 *
 * Every operation is one IEEE-754 single-precision (or 32-bit integer) instruction with the meaning written
 * here, so that all CPU devices give the same bits. Elementary functions are composed of these (math.ts).
 */
import type { Index } from "./index-expression.ts";

export type ScalarType = "f32" | "i32" | "mask";

export type UnaryOp =
  | "neg" // sign bit flipped
  | "abs" // sign bit cleared
  | "sqrt"
  | "floor"
  | "ceil"
  | "trunc"
  | "roundEven" // ties to even
  | "not"; // i32: all bits flipped; mask: negated

export type BinaryOp =
  | "add"
  | "sub"
  | "mul" // f32: IEEE; i32: low 32 bits
  | "div" // f32 only
  | "min" // f32: y < x ? y : x   (wasm pmin(x, y)); i32: signed
  | "max" // f32: x < y ? y : x   (wasm pmax(x, y)); i32: signed
  | "and"
  | "or"
  | "xor" // i32 bitwise, mask logical
  | "shl"
  | "shrU"
  | "shrS"; // i32; the right operand must be a constant 0..31

export type CompareOp = "lt" | "le" | "eq" | "ne" | "gt" | "ge"; // f32: ordered and quiet, except ne: true on NaN; i32: signed

export type ConvertOp =
  | "f32FromI32" // signed, round to nearest even
  | "i32FromF32" // truncates; saturates out of range; NaN gives 0 (wasm trunc_sat)
  | "f32FromBits"
  | "bitsFromF32";

/** One dimension's position in a load: affine, or computed at run time and clamped into [0, size). */
export type LoadIndex = Index | { readonly dynamic: Expression };

export type Expression =
  | { readonly kind: "constant"; readonly type: "f32" | "i32"; readonly value: number }
  /**
   * An element of a buffer, one index a dimension. With `fill`, a point whose affine indices leave the buffer
   * reads as that value (and touches no memory); without it, the bounds proof must hold.
   */
  | {
      readonly kind: "load";
      readonly buffer: number;
      readonly index: readonly LoadIndex[];
      readonly fill?: number;
    }
  /** The i32 value of an affine expression over the axes. */
  | { readonly kind: "position"; readonly index: Index }
  /** Result `slot` of reduction level `level` (an argmax has two slots: value, then position). */
  | { readonly kind: "accumulator"; readonly level: number; readonly slot: number }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly x: Expression }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly x: Expression; readonly y: Expression }
  /** x·y + z with one rounding. */
  | { readonly kind: "fma"; readonly x: Expression; readonly y: Expression; readonly z: Expression }
  | { readonly kind: "compare"; readonly op: CompareOp; readonly x: Expression; readonly y: Expression }
  | {
      readonly kind: "select";
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: "convert"; readonly op: ConvertOp; readonly x: Expression };
