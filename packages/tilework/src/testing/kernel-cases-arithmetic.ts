/** Cases of arithmetic statements over special values: zeros of both signs, infinities, NaN, subnormals, limits. */
import type { VectorType } from "../codegen/kernel-code.ts";
import type { BinaryOp, CompareOp, ConvertOp, UnaryOp } from "../kernel/expression.ts";
import { elementwiseCase, type KernelCase, type Lanes } from "./kernel-cases.ts";

const floats = Float32Array.of(
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.7, -3.7, 1e-45, -1e-45, 1.1754944e-38, 3.4028235e38],
  ...[-3.4028235e38, Infinity, -Infinity, Number.NaN, 2147483520, 2147483648, -2147483648, -2147483904, 1e10],
  ...[-1e10, 8388607.5, 4194303.5, 1 + 2 ** -12, 1 - 2 ** -12, 1e-20, 12345.678],
);
const integers = Int32Array.of(
  ...[0, 1, -1, 2, -2, 7, 255, 256, -255, 65535, 65537, 123456789, -987654321, 16777217, 2147483647],
  ...[-2147483648],
);

const pairs = <T extends Float32Array | Int32Array>(values: T): [T, T] => {
  const all = Array.from(values);
  const make = (elements: number[]): T =>
    (values.constructor as unknown as { from(x: number[]): T }).from(elements);
  return [make(all.flatMap((x) => all.map(() => x))), make(all.flatMap(() => all))];
};

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (!Number.isFinite(x) || fraction === 0) return x;
  const up = fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0);
  const rounded = up ? floor + 1 : floor;
  return rounded === 0 && x < 0 ? -0 : rounded;
}

const floatUnaries: Partial<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  roundEven,
};
const integerUnaries: Partial<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x | 0,
  abs: (x) => Math.abs(x) | 0,
  not: (x) => ~x,
};
const floatBinaries: Partial<Record<BinaryOp, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  // These differ from Math.min and Math.max for NaN and for zeros of both signs.
  min: (x, y) => (y < x ? y : x),
  max: (x, y) => (x < y ? y : x),
};
const integerBinaries: Partial<Record<BinaryOp, (x: number, y: number) => number>> = {
  add: (x, y) => (x + y) | 0,
  sub: (x, y) => (x - y) | 0,
  mul: Math.imul,
  min: Math.min,
  max: Math.max,
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
};
const shifts: Partial<Record<BinaryOp, (x: number, count: number) => number>> = {
  shl: (x, count) => x << count,
  shrU: (x, count) => x >>> count,
  shrS: (x, count) => x >> count,
};
const compares: Record<CompareOp, (x: number, y: number) => boolean> = {
  lt: (x, y) => x < y,
  le: (x, y) => x <= y,
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  gt: (x, y) => x > y,
  ge: (x, y) => x >= y,
};
const bits = new DataView(new ArrayBuffer(4));
const conversions: Record<ConvertOp, { from: Float32Array | Int32Array; convert: (x: number) => number }> = {
  f32FromI32: { from: integers, convert: (x) => x },
  i32FromF32: {
    from: floats,
    convert: (x) => (Number.isNaN(x) ? 0 : Math.max(-2147483648, Math.min(2147483647, Math.trunc(x)))),
  },
  f32FromBits: {
    from: Int32Array.of(0, 1, -2147483648, 0x3f800000, 0x7f800000, -0x800000, 0x42f6e979),
    convert: (x) => {
      bits.setInt32(0, x);
      return bits.getFloat32(0);
    },
  },
  bitsFromF32: {
    from: floats.filter((x) => !Number.isNaN(x)),
    convert: (x) => {
      bits.setFloat32(0, x);
      return bits.getInt32(0);
    },
  },
};

const entries = <K extends string, V>(table: Partial<Record<K, V>>): [K, V][] =>
  Object.entries(table) as [K, V][];

/** All arithmetic cases for vectors of this many lanes. */
export function arithmeticCases(lanes: Lanes): KernelCase[] {
  return [
    ...unaryCases(lanes, "f32"),
    ...unaryCases(lanes, "i32"),
    ...binaryCases(lanes, "f32"),
    ...binaryCases(lanes, "i32"),
    ...shiftCases(lanes),
    ...compareCases(lanes, "f32"),
    ...compareCases(lanes, "i32"),
    ...conversionCases(lanes),
    ...maskCases(lanes),
    ...keepNanCases(lanes),
    addWhereCase(lanes),
    fmaCase(lanes),
    multiplyAddOfProductsCase(lanes),
  ];
}

const valuesOf = (type: "f32" | "i32"): Float32Array | Int32Array => (type === "f32" ? floats : integers);

function unaryCases(lanes: Lanes, type: "f32" | "i32"): KernelCase[] {
  return entries(type === "f32" ? floatUnaries : integerUnaries).map(([unary, expected]) =>
    elementwiseCase(`${unary} of ${type}`, lanes, [valuesOf(type)], {
      vectors: [type],
      body: [{ op: "unary", unary, to: 1, x: 0 }],
      result: 1,
      output: type,
      expected,
    }),
  );
}

function binaryCases(lanes: Lanes, type: "f32" | "i32"): KernelCase[] {
  return entries(type === "f32" ? floatBinaries : integerBinaries).map(([binary, expected]) =>
    elementwiseCase(`${binary} of ${type}`, lanes, pairs(valuesOf(type)), {
      vectors: [type],
      body: [{ op: "binary", binary, to: 2, x: 0, y: 1 }],
      result: 2,
      output: type,
      expected,
    }),
  );
}

function shiftCases(lanes: Lanes): KernelCase[] {
  return entries(shifts).flatMap(([binary, shift]) =>
    [0, 1, 5, 31].map((count) =>
      elementwiseCase(`${binary} by ${count}`, lanes, [integers], {
        vectors: ["i32"],
        body: [{ op: "binary", binary, to: 1, x: 0, y: count }],
        result: 1,
        output: "i32",
        expected: (x) => shift(x, count) | 0,
      }),
    ),
  );
}

function compareCases(lanes: Lanes, type: "f32" | "i32"): KernelCase[] {
  return entries(compares).map(([compare, holds]) =>
    elementwiseCase(`${compare} of ${type}, then select`, lanes, pairs(valuesOf(type)), {
      vectors: ["mask", type],
      body: [
        { op: "compare", compare, type, to: 2, x: 0, y: 1 },
        { op: "select", condition: 2, yes: 0, no: 1, to: 3 },
      ],
      result: 3,
      output: type,
      expected: (x, y) => (holds(x, y) ? x : y),
    }),
  );
}

function conversionCases(lanes: Lanes): KernelCase[] {
  return entries(conversions).map(([convert, { from, convert: expected }]) => {
    const output = convert === "f32FromI32" || convert === "f32FromBits" ? "f32" : "i32";
    return elementwiseCase(convert, lanes, [from], {
      vectors: [output],
      body: [{ op: "convert", convert, to: 1, x: 0 }],
      result: 1,
      output,
      expected,
    });
  });
}

function maskCases(lanes: Lanes): KernelCase[] {
  const logic: [BinaryOp, (x: boolean, y: boolean) => boolean][] = [
    ["and", (x, y) => x && y],
    ["or", (x, y) => x || y],
    ["xor", (x, y) => x !== y],
  ];
  const vectors: VectorType[] = ["i32", "mask", "mask", "mask", "mask", "i32"];
  return logic.map(([binary, truth]) =>
    elementwiseCase(`not of the ${binary} of masks`, lanes, pairs(integers), {
      vectors,
      body: [
        { op: "constant", to: 2, type: "i32", value: 0 },
        { op: "compare", compare: "lt", type: "i32", to: 3, x: 0, y: 2 },
        { op: "compare", compare: "lt", type: "i32", to: 4, x: 1, y: 2 },
        { op: "binary", binary, to: 5, x: 3, y: 4 },
        { op: "unary", unary: "not", to: 6, x: 5 },
        { op: "select", condition: 6, yes: 0, no: 1, to: 7 },
      ],
      result: 7,
      output: "i32",
      expected: (x, y) => (truth(x < 0, y < 0) ? y : x),
    }),
  );
}

function keepNanCases(lanes: Lanes): KernelCase[] {
  const expected = (x: number, y: number): number => (Number.isNaN(y) ? y : x);
  const shared = { result: 2, output: "f32", expected } as const;
  return [
    elementwiseCase("NaN is kept beside another register", lanes, pairs(floats), {
      ...shared,
      vectors: ["f32"],
      body: [{ op: "keepNan", to: 2, x: 0, from: 1 }],
    }),
    elementwiseCase("NaN is kept in place", lanes, pairs(floats), {
      ...shared,
      vectors: ["f32"],
      body: [
        { op: "binary", binary: "min", to: 2, x: 0, y: 0 },
        { op: "keepNan", to: 2, x: 2, from: 1 },
      ],
    }),
  ];
}

function addWhereCase(lanes: Lanes): KernelCase {
  return elementwiseCase("a sum is added to where that holds", lanes, pairs(floats), {
    vectors: ["f32", "mask"],
    body: [
      { op: "constant", to: 2, type: "f32", value: 3 },
      { op: "compare", compare: "lt", type: "f32", to: 3, x: 0, y: 1 },
      { op: "addWhere", to: 2, x: 2, y: 1, condition: 3 },
    ],
    result: 2,
    output: "f32",
    expected: (x, y) => (x < y ? Math.fround(3 + y) : 3),
  });
}

/** Products and sums that float32 holds exactly, and specials: the same fused or not. */
function fmaCase(lanes: Lanes): KernelCase {
  const exact = [0, -0, 1, -1, 3, -5, 0.25, Infinity, -Infinity, Number.NaN];
  const triples = exact.flatMap((x) => exact.flatMap((y) => exact.map((z) => [x, y, z] as const)));
  const column = (at: 0 | 1 | 2): Float32Array => Float32Array.from(triples, (triple) => triple[at]);
  return elementwiseCase("fma of exact numbers", lanes, [column(0), column(1), column(2)], {
    vectors: ["f32"],
    body: [{ op: "fma", to: 3, x: 0, y: 1, z: 2 }],
    result: 3,
    output: "f32",
    expected: (x, y, z) => x * y + z,
  });
}

/** `to` is z, as in an accumulation. */
function multiplyAddOfProductsCase(lanes: Lanes): KernelCase {
  return elementwiseCase("fma into its third operand", lanes, pairs(Float32Array.of(1, 2, 3, 4)), {
    vectors: ["f32"],
    body: [
      { op: "move", to: 2, from: 0 },
      { op: "fma", to: 2, x: 0, y: 1, z: 2 },
      { op: "fma", to: 2, x: 1, y: 1, z: 2 },
    ],
    result: 2,
    output: "f32",
    expected: (x, y) => x + x * y + y * y,
  });
}

/** (1 + 2^-12)^2 - (1 + 2^-11): 2^-24 where multiply-add rounds once, else 0. Not for the strict variant. */
export function fusedCase(lanes: Lanes): KernelCase {
  const [x, z] = [Float32Array.of(1 + 2 ** -12), Float32Array.of(-(1 + 2 ** -11))];
  return elementwiseCase("fma rounds once", lanes, [x, z], {
    vectors: ["f32"],
    body: [{ op: "fma", to: 2, x: 0, y: 0, z: 1 }],
    result: 2,
    output: "f32",
    expected: () => 2 ** -24,
  });
}
