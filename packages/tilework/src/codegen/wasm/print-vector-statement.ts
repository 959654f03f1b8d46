/** Prints what kernel code does with vectors of four 32-bit elements. */
import type { BinaryOp, CompareOp, ConvertOp } from "../../kernel/expression.ts";
import { InternalError, unreachable } from "../../util/errors.ts";
import type { VectorStatement } from "../kernel-code.ts";
import type { KernelWriter } from "./kernel-writer.ts";
import type { SimdOpcode } from "./opcodes.ts";
import { pushReducedLanes } from "./print-reduce-lanes.ts";
import {
  printStore,
  printStridedStore,
  pushGather,
  pushLoad,
  pushSplat,
  pushStridedLoad,
} from "./print-vector-memory.ts";

type Unary = Extract<VectorStatement, { op: "unary" }>;
type Binary = Extract<VectorStatement, { op: "binary" }>;
type Value = Exclude<VectorStatement, { op: "store" | "storeStrided" }>;

export function printVectorStatement(writer: KernelWriter, statement: VectorStatement): void {
  if (statement.op === "store") {
    printStore(writer, statement);
    return;
  }
  if (statement.op === "storeStrided") {
    printStridedStore(writer, statement);
    return;
  }
  pushValue(writer, statement);
  writer.setVector(statement.to);
}

function pushValue(writer: KernelWriter, statement: Value): void {
  const { out } = writer;
  switch (statement.op) {
    case "load":
      pushLoad(writer, statement);
      return;
    case "splat":
      pushSplat(writer, statement);
      return;
    case "loadStrided":
      pushStridedLoad(writer, statement);
      return;
    case "gather":
      pushGather(writer, statement);
      return;
    case "constant":
      out.simd("v128.const", ...constantBytes(statement.type, statement.value));
      return;
    case "splatInteger":
      writer.getInteger(statement.from);
      out.simd("i32x4.splat");
      return;
    case "move":
      writer.getVector(statement.from);
      return;
    case "unary":
      writer.getVector(statement.x);
      out.simd(unaryOpcode(statement, writer.typeOf(statement.x)));
      return;
    case "binary":
      pushBinary(writer, statement);
      return;
    case "permute":
      writer.getVector(statement.x);
      writer.getVector(statement.y ?? statement.x);
      out.simd(
        "i8x16.shuffle",
        ...statement.lanes.flatMap((lane) => [0, 1, 2, 3].map((at) => 4 * lane + at)),
      );
      return;
    case "fma":
      pushMultiplyAdd(writer, statement.x, statement.y, statement.z);
      return;
    case "compare":
      writer.getVector(statement.x);
      writer.getVector(statement.y);
      out.simd(compares[statement.type][statement.compare]);
      return;
    case "select":
      writer.getVector(statement.yes);
      writer.getVector(statement.no);
      writer.getVector(statement.condition);
      out.simd(writer.relaxed ? "i32x4.relaxed_laneselect" : "v128.bitselect");
      return;
    case "addWhere":
      writer.getVector(statement.x);
      writer.getVector(statement.y);
      out.simd("f32x4.add");
      writer.getVector(statement.x);
      writer.getVector(statement.condition);
      out.simd(writer.relaxed ? "i32x4.relaxed_laneselect" : "v128.bitselect");
      return;
    case "keepNan":
      writer.getVector(statement.from);
      writer.getVector(statement.x);
      writer.getVector(statement.from);
      writer.getVector(statement.from);
      out.simd("f32x4.ne");
      out.simd(writer.relaxed ? "i32x4.relaxed_laneselect" : "v128.bitselect");
      return;
    case "convert":
      writer.getVector(statement.x);
      pushConversion(writer, statement.convert);
      return;
    case "reduceLanes":
      pushReducedLanes(writer, statement);
      return;
    default:
      unreachable(statement);
      return;
  }
}

const compares: Record<"f32" | "i32", Record<CompareOp, SimdOpcode>> = {
  f32: { lt: "f32x4.lt", le: "f32x4.le", eq: "f32x4.eq", ne: "f32x4.ne", gt: "f32x4.gt", ge: "f32x4.ge" },
  i32: {
    lt: "i32x4.lt_s",
    le: "i32x4.le_s",
    eq: "i32x4.eq",
    ne: "i32x4.ne",
    gt: "i32x4.gt_s",
    ge: "i32x4.ge_s",
  },
};

const unaries = {
  neg: { f32: "f32x4.neg", i32: "i32x4.neg" },
  abs: { f32: "f32x4.abs", i32: "i32x4.abs" },
  sqrt: { f32: "f32x4.sqrt" },
  floor: { f32: "f32x4.floor" },
  ceil: { f32: "f32x4.ceil" },
  trunc: { f32: "f32x4.trunc" },
  roundEven: { f32: "f32x4.nearest" },
  not: { i32: "v128.not", mask: "v128.not" },
} as const satisfies Record<string, Partial<Record<"f32" | "i32" | "mask", SimdOpcode>>>;

function unaryOpcode({ unary }: Unary, type: "f32" | "i32" | "mask"): SimdOpcode {
  return opcodeFor(unaries[unary], unary, type);
}

const bitwise = (opcode: SimdOpcode) => ({ i32: opcode, mask: opcode });

const binaries: Record<BinaryOp, Partial<Record<"f32" | "i32" | "mask", SimdOpcode>>> = {
  add: { f32: "f32x4.add", i32: "i32x4.add" },
  sub: { f32: "f32x4.sub", i32: "i32x4.sub" },
  mul: { f32: "f32x4.mul", i32: "i32x4.mul" },
  div: { f32: "f32x4.div" },
  min: { f32: "f32x4.pmin", i32: "i32x4.min_s" },
  max: { f32: "f32x4.pmax", i32: "i32x4.max_s" },
  and: bitwise("v128.and"),
  or: bitwise("v128.or"),
  xor: bitwise("v128.xor"),
  shl: { i32: "i32x4.shl" },
  shrU: { i32: "i32x4.shr_u" },
  shrS: { i32: "i32x4.shr_s" },
};

function opcodeFor(
  opcodes: Partial<Record<"f32" | "i32" | "mask", SimdOpcode>>,
  op: string,
  type: "f32" | "i32" | "mask",
): SimdOpcode {
  const opcode = opcodes[type];
  if (opcode === undefined) throw new InternalError(`${op} of ${type} has no meaning`);
  return opcode;
}

function pushBinary(writer: KernelWriter, { binary, x, y }: Binary): void {
  writer.getVector(x);
  if (binary === "shl" || binary === "shrU" || binary === "shrS") writer.out.constant(y);
  else writer.getVector(y);
  writer.out.simd(opcodeFor(binaries[binary], binary, writer.typeOf(x)));
}

function pushMultiplyAdd(writer: KernelWriter, x: number, y: number, z: number): void {
  const { out } = writer;
  writer.getVector(x);
  writer.getVector(y);
  if (writer.relaxed) {
    writer.getVector(z);
    out.simd("f32x4.relaxed_madd");
    return;
  }
  out.simd("f32x4.mul");
  writer.getVector(z);
  out.simd("f32x4.add");
}

function pushConversion(writer: KernelWriter, convert: ConvertOp): void {
  if (convert === "f32FromI32") writer.out.simd("f32x4.convert_i32x4_s");
  else if (convert === "i32FromF32") writer.out.simd("i32x4.trunc_sat_f32x4_s");
}

function constantBytes(type: "f32" | "i32", value: number | readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  for (let lane = 0; lane < 4; lane++) {
    const element = typeof value === "number" ? value : value[lane]!;
    if (type === "f32") view.setFloat32(4 * lane, element, true);
    else view.setInt32(4 * lane, element, true);
  }
  return new Uint8Array(view.buffer);
}
