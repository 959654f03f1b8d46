/** Reductions, gathers and integer arithmetic as nests. */
import {
  add,
  binary,
  compare,
  convert,
  div,
  f32,
  i32,
  mul,
  position,
  select,
  sub,
} from "../kernel/build-expression.ts";
import type { Expression } from "../kernel/expression.ts";
import { addIndex, axisIndex } from "../kernel/index-expression.ts";
import { exp } from "../kernel/math.ts";
import type { Buffer, Nest, Reduction } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { expectedOf, type NestCase, reader, someFloats, someIntegers, tensor } from "./nest-case.ts";

/** out[i] = reduce over k of value(x[i, k], i), in lanes. */
function rowReduction(
  name: string,
  x: Buffer,
  out: Buffer,
  op: "add" | "max" | "min",
  value: (element: Expression, load: (buffer: Buffer) => Expression) => Expression,
): Nest {
  const nest = new NestBuilder(name);
  const i = nest.space("i", x.shape[0]!);
  const k = nest.reduction("k", x.shape[1]!);
  const load = (buffer: Buffer): Expression => nest.load(buffer, [axisIndex(i)]);
  const element = nest.load(x, [axisIndex(i), axisIndex(k)]);
  const [result] = nest.reduce([{ op, value: value(element, load) }], { lanes: true });
  nest.store(out, [axisIndex(i)], result!);
  return nest.build();
}

export function softmax(rows: number, columns: number): NestCase {
  const x = tensor("x", [rows, columns]);
  const [largest, total] = [tensor("largest", [rows]), tensor("total", [rows])];
  const y = tensor("y", x.shape);
  const last = new NestBuilder("softmaxNormalize");
  const [i, k] = [last.space("i", rows), last.space("k", columns)];
  const shifted = sub(last.load(x, [axisIndex(i), axisIndex(k)]), last.load(largest, [axisIndex(i)]));
  last.store(y, [axisIndex(i), axisIndex(k)], div(exp(shifted), last.load(total, [axisIndex(i)])));
  const inputs = someFloats(x.shape, 17).map((value) => value * 20);
  const at = reader(inputs, x.shape);
  const rowOf = (bi: number): number[] => Array.from({ length: columns }, (_, bk) => at(bi, bk));
  const expected = expectedOf(y.shape, (bi, bk) => {
    const row = rowOf(bi!);
    const peak = Math.max(...row);
    return Math.exp(at(bi!, bk!) - peak) / row.reduce((sum, value) => sum + Math.exp(value - peak), 0);
  });
  return {
    name: `softmax of ${rows} rows of ${columns}`,
    nests: [
      rowReduction("softmaxLargest", x, largest, "max", (element) => element),
      rowReduction("softmaxTotal", x, total, "add", (element, load) => exp(sub(element, load(largest)))),
      last.build(),
    ],
    inputs: new Map([[x, inputs]]),
    expected: new Map([[y, expected]]),
  };
}

/** Mean and variance of each row in two passes, and beside them sum and sum of squares in one. */
export function variance(rows: number, columns: number): NestCase {
  const x = tensor("x", [rows, columns]);
  const [sum, spread] = [tensor("sum", [rows]), tensor("spread", [rows])];
  const [sums, squares] = [tensor("sums", [rows]), tensor("squares", [rows])];
  const deviation = (element: Expression, load: (buffer: Buffer) => Expression): Expression => {
    const difference = sub(element, div(load(sum), f32(columns)));
    return mul(difference, difference);
  };
  const both = new NestBuilder("moments");
  const i = both.space("i", rows);
  const k = both.reduction("k", columns);
  const element = both.load(x, [axisIndex(i), axisIndex(k)]);
  const reductions: Reduction[] = [
    { op: "add", value: element },
    { op: "add", value: mul(element, element) },
  ];
  const [first, second] = both.reduce(reductions, { lanes: true });
  both.store(sums, [axisIndex(i)], first!);
  both.store(squares, [axisIndex(i)], second!);
  const inputs = someFloats(x.shape, 18);
  const at = reader(inputs, x.shape);
  const total = (bi: number, term: (value: number) => number): number =>
    Array.from({ length: columns }, (_, bk) => term(at(bi, bk))).reduce((a, b) => a + b, 0);
  return {
    name: `mean and variance of ${rows} rows of ${columns}`,
    nests: [
      rowReduction("rowSum", x, sum, "add", (value) => value),
      rowReduction("rowSpread", x, spread, "add", deviation),
      both.build(),
    ],
    inputs: new Map([[x, inputs]]),
    expected: new Map([
      [sum, expectedOf([rows], (bi) => total(bi!, (value) => value))],
      [
        spread,
        expectedOf([rows], (bi) => {
          const mean = total(bi!, (value) => value) / columns;
          return total(bi!, (value) => (value - mean) ** 2);
        }),
      ],
      [sums, expectedOf([rows], (bi) => total(bi!, (value) => value))],
      [squares, expectedOf([rows], (bi) => total(bi!, (value) => value ** 2))],
    ]),
  };
}

/** One number out of two tensors: a dot product with outer axes in the same lanes, and the extremes. */
export function globalReduction(rows: number, columns: number): NestCase {
  const [a, b] = [tensor("a", [rows, columns]), tensor("b", [rows, columns])];
  const [dot, largest, smallest] = [tensor("dot", []), tensor("largest", []), tensor("smallest", [])];
  const nest = new NestBuilder("globalReduction");
  const [i, k] = [nest.reduction("i", rows), nest.reduction("k", columns)];
  const [x, y] = [a, b].map((buffer) => nest.load(buffer, [axisIndex(i), axisIndex(k)])) as [
    Expression,
    Expression,
  ];
  const [sum, high, low] = nest.reduce(
    [
      { op: "add", value: mul(x, y) },
      { op: "max", value: x },
      { op: "min", value: y },
    ],
    { lanes: true },
  );
  nest.store(dot, [], sum!);
  nest.store(largest, [], high!);
  nest.store(smallest, [], low!);
  const [left, right] = [someFloats(a.shape, 19), someFloats(b.shape, 20)];
  return {
    name: `global reduction of ${rows}x${columns} in lanes`,
    nests: [nest.build()],
    inputs: new Map([
      [a, left],
      [b, right],
    ]),
    expected: new Map([
      [dot, [left.reduce((total, value, at) => total + value * right[at]!, 0)]],
      [largest, [left.reduce((p, q) => Math.max(p, q))]],
      [smallest, [right.reduce((p, q) => Math.min(p, q))]],
    ]),
  };
}

/** Rows of bytes picked by a table of row numbers, some of them out of range: those are clamped. */
export function shuffleGather(): NestCase {
  const [rows, columns, picked] = [9, 21, 14];
  const x = tensor("x", [rows, columns], "uint8");
  const order = tensor("order", [picked], "int32");
  const y = tensor("y", [picked, columns]);
  const nest = new NestBuilder("shuffleGather");
  const [i, k] = [nest.space("i", picked), nest.space("k", columns)];
  const row = { dynamic: nest.load(order, [axisIndex(i)]) };
  const byte = convert("f32FromI32", nest.load(x, [row, axisIndex(k)]));
  nest.store(y, [axisIndex(i), axisIndex(k)], mul(byte, f32(1 / 256)));
  const bytes = Uint8Array.from(someIntegers(x.shape, 256, 21));
  const numbers = someIntegers(order.shape, rows + 6, 22).map((value) => value - 3);
  return {
    name: "shuffle gather of rows of bytes, with clamped row numbers",
    nests: [nest.build()],
    inputs: new Map<Buffer, Uint8Array | Int32Array>([
      [x, bytes],
      [order, numbers],
    ]),
    expected: new Map([
      [
        y,
        expectedOf(y.shape, (bi, bk) => {
          const picked = Math.min(rows - 1, Math.max(0, numbers[bi!]!));
          return bytes[picked * columns + bk!]! / 256;
        }),
      ],
    ]),
  };
}

/** A mixing function of counter and key, as integers, as floats in [0, 1) and as a mask. */
export function randomIntegers(count: number): NestCase {
  const key = tensor("key", [1], "int32");
  const [bits, uniform] = [tensor("bits", [count], "int32"), tensor("uniform", [count])];
  const mask = tensor("mask", [count], "bool");
  const nest = new NestBuilder("randomIntegers");
  const i = nest.space("i", count);
  const mix = (x: Expression, shift: number, factor: number): Expression =>
    mul(binary("xor", x, binary("shrU", x, i32(shift))), i32(factor));
  const seeded = add(
    position(addIndex(axisIndex(i, 7), axisIndex(i, -6))),
    nest.load(key, [axisIndex(i, 0)]),
  );
  const mixed = mix(mix(mul(seeded, i32(0x9e3779b1)), 16, 0x85ebca6b), 13, 0xc2b2ae35);
  const hash = binary("xor", mixed, binary("shrU", mixed, i32(16)));
  const fraction = mul(convert("f32FromI32", binary("shrU", hash, i32(8))), f32(2 ** -24));
  nest.store(bits, [axisIndex(i)], hash);
  nest.store(uniform, [axisIndex(i)], fraction);
  nest.store(mask, [axisIndex(i)], select(compare("lt", fraction, f32(0.25)), i32(1), i32(0)));
  const seed = 123456789;
  const word = 2n ** 32n;
  const hashOf = (at: number): bigint => {
    let h = ((BigInt(at + seed) % word) * 0x9e3779b1n) % word;
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) % word;
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) % word;
    return h ^ (h >> 16n);
  };
  return {
    name: "random integers from a counter",
    nests: [nest.build()],
    inputs: new Map([[key, Int32Array.of(seed)]]),
    expected: new Map([
      [bits, expectedOf([count], (at) => Number(BigInt.asIntN(32, hashOf(at!))))],
      [uniform, expectedOf([count], (at) => Number(hashOf(at!) >> 8n) / 2 ** 24)],
      [mask, expectedOf([count], (at) => (Number(hashOf(at!) >> 8n) / 2 ** 24 < 0.25 ? 1 : 0))],
    ]),
  };
}

/** Adam's update in place: three tensors read and written at once, by a view of another shape. */
export function updateInPlace(): NestCase {
  const shape = [3, 37];
  const [weights, moments] = [tensor("weights", shape), tensor("moments", shape)];
  const gradient = tensor("gradient", [111]);
  const flat: Buffer = { name: "flatWeights", dtype: "float32", shape: [111], viewOf: weights };
  const nest = new NestBuilder("updateInPlace");
  const [i, k] = [nest.space("i", 3), nest.space("k", 37)];
  const at = [axisIndex(i), axisIndex(k)];
  const linear = [addIndex(axisIndex(i, 37), axisIndex(k))];
  const moment = add(mul(nest.load(moments, at), f32(0.5)), nest.load(gradient, linear));
  nest.store(moments, at, moment);
  nest.store(flat, linear, sub(nest.load(weights, at), mul(moment, f32(0.125))));
  const [w, m, g] = [someFloats(shape, 23), someFloats(shape, 24), someFloats(shape, 25)];
  const momentAt = (at: number): number => m[at]! * 0.5 + g[at]!;
  return {
    name: "momentum update in place, partly by a view",
    nests: [nest.build()],
    inputs: new Map([
      [weights, w],
      [moments, m],
      [gradient, g],
    ]),
    expected: new Map([
      [moments, expectedOf([111], (at) => momentAt(at!))],
      [weights, expectedOf([111], (at) => w[at!]! - momentAt(at!) * 0.125)],
    ]),
  };
}
