/** Cases of loops, branches and integer registers. Each writes integers one after the other into buffer 0. */
import type { Statement } from "../codegen/kernel-code.ts";
import { type KernelCase, kernelOf, type Lanes } from "./kernel-cases.ts";

const output = 0;
const spareRegisters = 12;

/** Appends an integer register to the output. */
function write(register: number): Statement[] {
  return [
    { op: "splatInteger", to: 0, from: register },
    { op: "store", from: 0, address: { base: output, offset: 0 }, type: "i32", active: 1 },
    { op: "offset", to: output, from: output, value: 4 },
  ];
}

const set = (to: number, value: number): Statement => ({ op: "integer", to, value });

function controlCase(
  lanes: Lanes,
  title: string,
  body: readonly Statement[],
  expected: readonly number[],
  range: readonly [number, number] = [0, 1],
): KernelCase {
  const result = new Int32Array(64).fill(-99);
  result.set(expected);
  return {
    title,
    kernel: kernelOf(title, lanes, {
      buffers: 1,
      integers: spareRegisters,
      vectors: ["i32"],
      body: [{ op: "argument", to: output, slot: 0 }, ...body],
    }),
    buffers: [new Int32Array(64).fill(-99)],
    ranges: [range],
    expected: [result],
  };
}

/** All control and integer cases for vectors of this many lanes. */
export function controlCases(lanes: Lanes): KernelCase[] {
  return [
    ...loopCases(lanes),
    ...branchCases(lanes),
    ...integerCases(lanes),
    controlCase(
      lanes,
      "begin and end",
      [{ op: "begin", to: 1 }, { op: "end", to: 2 }, ...write(1), ...write(2)],
      [3, 17],
      [3, 17],
    ),
    controlCase(lanes, "many integers stay alive", manyIntegers(), [55]),
  ];
}

function loopCases(lanes: Lanes): KernelCase[] {
  const dynamic = (count: number): KernelCase =>
    controlCase(
      lanes,
      `a loop of ${count}, counted in a register`,
      [
        set(1, count),
        { op: "loop", counter: 2, count: { register: 1 }, body: write(2) },
        { op: "loop", count: { register: 1 }, body: write(1) },
      ],
      [...Array.from({ length: count }, (_, i) => i), ...new Array<number>(count).fill(count)],
    );
  return [
    controlCase(
      lanes,
      "a loop without counter",
      [set(1, 8), { op: "loop", count: 3, body: write(1) }],
      [8, 8, 8],
    ),
    controlCase(lanes, "a loop of one", [{ op: "loop", counter: 1, count: 1, body: write(1) }], [0]),
    dynamic(0),
    dynamic(1),
    dynamic(4),
    controlCase(
      lanes,
      "nested loops, the inner one as long as the outer counter",
      [
        {
          op: "loop",
          counter: 1,
          count: 3,
          body: [{ op: "loop", counter: 2, count: { register: 1 }, body: [...write(1), ...write(2)] }],
        },
      ],
      [1, 0, 2, 0, 2, 1],
    ),
    controlCase(
      lanes,
      "a body that changes its counter and its count",
      [
        set(1, 3),
        {
          op: "loop",
          counter: 2,
          count: { register: 1 },
          body: [...write(2), { op: "offset", to: 2, from: 2, value: 100 }, set(1, 9)],
        },
      ],
      [0, 1, 2],
    ),
  ];
}

function branchCases(lanes: Lanes): KernelCase[] {
  const holds = {
    lt: (x: number, y: number) => x < y,
    ge: (x: number, y: number) => x >= y,
    eq: (x: number, y: number) => x === y,
    ne: (x: number, y: number) => x !== y,
  };
  const pairs = [
    [-1, 0],
    [0, 0],
    [5, 4],
    [5, -6],
  ] as const;
  return (["lt", "ge", "eq", "ne"] as const).map((compare) =>
    controlCase(
      lanes,
      `if ${compare}, with a constant and with a register`,
      [
        set(3, 1),
        set(4, 0),
        ...pairs.flatMap(([x, y]): Statement[] => [
          set(1, x),
          set(2, y),
          { op: "if", x: 1, compare, y, yes: write(3), no: write(4) },
          { op: "if", x: 1, compare, y: { register: 2 }, yes: write(3), no: [] },
        ]),
      ],
      pairs.flatMap(([x, y]) => (holds[compare](x, y) ? [1, 1] : [0])),
    ),
  );
}

function integerCases(lanes: Lanes): KernelCase[] {
  const values = [0, 1, 6, 7, 8, 100, 1000003];
  const signed = [-1000003, -8, -1, ...values];
  const constants = [1, 2, 3, 7, 10, 16, 641, 1000];
  const over = (
    op: "scale" | "divide" | "remainder" | "atMost" | "atLeast",
    inputs: readonly number[],
    constant: number,
    expected: (x: number) => number,
  ): KernelCase =>
    controlCase(
      lanes,
      `${op} by ${constant}`,
      inputs.flatMap((x) => [set(1, x), { op, to: 2, x: 1, value: constant } as Statement, ...write(2)]),
      inputs.map(expected),
    );
  return [
    ...[...constants, -4, 0].map((value) => over("scale", signed, value, (x) => Math.imul(x, value))),
    ...constants.map((value) => over("divide", values, value, (x) => Math.floor(x / value))),
    ...constants.map((value) => over("remainder", values, value, (x) => x % value)),
    ...[7, -3, 0].map((value) => over("atMost", signed, value, (x) => Math.min(x, value))),
    ...[7, -3, 0].map((value) => over("atLeast", signed, value, (x) => Math.max(x, value))),
    controlCase(
      lanes,
      "an integer register as its own operand",
      [
        set(1, 21),
        { op: "addIntegers", to: 1, x: 1, y: 1 },
        ...write(1),
        { op: "scale", to: 1, x: 1, value: 3 },
        ...write(1),
        { op: "divide", to: 1, x: 1, value: 4 },
        ...write(1),
        { op: "remainder", to: 1, x: 1, value: 10 },
        ...write(1),
        { op: "offset", to: 1, from: 1, value: -5 },
        ...write(1),
      ],
      [42, 126, 31, 1, -4],
    ),
    controlCase(
      lanes,
      "a table's entry",
      [
        set(1, 5),
        { op: "splatInteger", to: 0, from: 1 },
        { op: "store", from: 0, address: { base: output, offset: 8 }, type: "i32", active: 1 },
        set(2, 12),
        { op: "loadInteger", to: 3, address: { base: output, index: 2, offset: -4 } },
        { op: "loadInteger", to: 4, address: { base: output, offset: 16 } },
        { op: "addIntegers", to: 5, x: 3, y: 4 },
        ...write(5),
      ],
      [-94, -99, 5],
    ),
  ];
}

/** Sums 1 to 10 held in ten registers at once. */
function manyIntegers(): Statement[] {
  const registers = Array.from({ length: 10 }, (_, i) => i + 1);
  return [
    ...registers.map((register) => set(register, register)),
    ...registers.slice(1).map((register): Statement => ({ op: "addIntegers", to: 1, x: 1, y: register })),
    ...write(1),
  ];
}
