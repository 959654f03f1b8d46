/** Cases of loads, stores, constants and the reduction of lanes. Bytes outside the active elements must survive. */
import type { MemoryType, Statement, VectorType } from "../codegen/kernel-code.ts";
import { type Elements, type KernelCase, kernelOf, type Lanes } from "./kernel-cases.ts";

const elementBytes = { f32: 4, i32: 4, u8: 1 } as const;

function numbered(type: MemoryType, count: number): Elements {
  if (type === "u8") return Uint8Array.from({ length: count }, (_, i) => (200 + 7 * i) & 255);
  if (type === "i32") return Int32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? i : -1000 * i));
  return Float32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? i + 0.25 : -i));
}

const registerType = (type: MemoryType): VectorType => (type === "f32" ? "f32" : "i32");
const wide = (type: MemoryType, values: number[]): Elements =>
  type === "f32" ? Float32Array.from(values) : Int32Array.from(values);
const types = ["f32", "i32", "u8"] as const;
const upTo = (lanes: number): number[] => Array.from({ length: lanes }, (_, lane) => lane);

/** All memory cases for vectors of this many lanes. */
export function memoryCases(lanes: Lanes): KernelCase[] {
  return types
    .flatMap((type) => [
      ...upTo(lanes).flatMap((last) => activeCases(lanes, type, last + 1)),
      addressCase(lanes, type, 5),
      addressCase(lanes, type, -3),
      splatCase(lanes, type),
    ])
    .concat(constantCases(lanes), permutationCases(lanes), reductionCases(lanes));
}

/** From buffer 0 to v0, then all lanes to buffer 1. */
function loadCase(
  title: string,
  lanes: Lanes,
  type: MemoryType,
  load: Statement,
  lanesExpected: (elements: Elements) => number[],
  before: readonly Statement[] = [],
): KernelCase {
  const elements = numbered(type, 64);
  const output = wide(type, new Array<number>(lanes).fill(77));
  const body: Statement[] = [
    { op: "argument", to: 0, slot: 0 },
    { op: "argument", to: 1, slot: 1 },
    ...before,
    load,
    {
      op: "store",
      from: 0,
      address: { base: 1, offset: 0 },
      type: type === "f32" ? "f32" : "i32",
      active: lanes,
    },
  ];
  return {
    title,
    kernel: kernelOf(title, lanes, { buffers: 2, integers: 4, vectors: [registerType(type), "i32"], body }),
    buffers: [elements, output],
    ranges: [[0, 1]],
    expected: [elements, wide(type, lanesExpected(elements))],
  };
}

function activeCases(lanes: Lanes, type: MemoryType, active: number): KernelCase[] {
  const size = elementBytes[type];
  const lane = (element: (lane: number) => number): number[] =>
    upTo(lanes).map((at) => (at < active ? element(at) : 0));
  const first = { base: 0, offset: size };
  const strides = [3, -2].map((step) => {
    const start = step < 0 ? 40 : 1;
    const load = {
      op: "loadStrided",
      to: 0,
      address: { base: 0, offset: start * size },
      stride: step * size,
      type,
      active,
    } as const;
    return loadCase(`load every ${step} of ${type} x${active}`, lanes, type, load, (elements) =>
      lane((at) => elements[start + step * at]!),
    );
  });
  const positions = upTo(lanes).map((at) => (at * 13 + 5) % 50);
  return [
    loadCase(
      `load ${type} x${active}`,
      lanes,
      type,
      { op: "load", to: 0, address: first, type, active },
      (elements) => lane((at) => elements[at + 1]!),
    ),
    ...strides,
    loadCase(
      `gather ${type} x${active}`,
      lanes,
      type,
      { op: "gather", to: 0, address: { base: 0, offset: 2 * size }, indices: 1, type, active },
      (elements) => lane((at) => elements[positions[at]! + 2]!),
      [{ op: "constant", to: 1, type: "i32", value: positions }],
    ),
    storeCase(lanes, type, active, undefined),
    storeCase(lanes, type, active, 3),
    storeCase(lanes, type, active, -2),
  ];
}

/** Stores v0, loaded from buffer 0, into buffer 1 from its element 30 on. */
function storeCase(lanes: Lanes, type: MemoryType, active: number, step: number | undefined): KernelCase {
  const size = elementBytes[type];
  const values = wide(
    type,
    upTo(lanes).map((at) => (type === "f32" ? at - 0.5 : 1000 - 333 * at)),
  );
  const target = numbered(type, 96);
  const title = `store ${type} x${active}${step === undefined ? "" : ` every ${step}`}`;
  const address = { base: 1, offset: 40 * size };
  const store: Statement =
    step === undefined
      ? { op: "store", from: 0, address, type, active }
      : { op: "storeStrided", from: 0, address, stride: step * size, type, active };
  const body: Statement[] = [
    { op: "argument", to: 0, slot: 0 },
    { op: "argument", to: 1, slot: 1 },
    {
      op: "load",
      to: 0,
      address: { base: 0, offset: 0 },
      type: type === "f32" ? "f32" : "i32",
      active: lanes,
    },
    store,
  ];
  const expected = target.slice();
  for (let at = 0; at < active; at++) expected[40 + at * (step ?? 1)] = values[at]!;
  return {
    title,
    kernel: kernelOf(title, lanes, { buffers: 2, integers: 2, vectors: [registerType(type)], body }),
    buffers: [values, target],
    ranges: [[0, 1]],
    expected: [values, expected],
  };
}

/** base + index + offset, the offset of either sign. */
function addressCase(lanes: Lanes, type: MemoryType, offset: number): KernelCase {
  const size = elementBytes[type];
  return loadCase(
    `load ${type} from base + index ${offset < 0 ? "-" : "+"} offset`,
    lanes,
    type,
    { op: "load", to: 0, address: { base: 0, index: 2, offset: offset * size }, type, active: lanes },
    (elements) => upTo(lanes).map((at) => elements[10 + offset + at]!),
    [{ op: "integer", to: 2, value: 10 * size }],
  );
}

function splatCase(lanes: Lanes, type: MemoryType): KernelCase {
  return loadCase(
    `splat ${type}`,
    lanes,
    type,
    { op: "splat", to: 0, address: { base: 0, offset: 3 * elementBytes[type] }, type },
    (elements) => upTo(lanes).map(() => elements[3]!),
  );
}

function constantCases(lanes: Lanes): KernelCase[] {
  const constants: ["f32" | "i32", number | number[]][] = [
    ["f32", -0],
    ["f32", 0],
    ["f32", 0.1],
    ["f32", Infinity],
    ["f32", Number.NaN],
    ["f32", upTo(lanes).map((at) => at - 1.5)],
    ["i32", 0],
    ["i32", -1],
    ["i32", 2147483647],
    ["i32", upTo(lanes).map((at) => at * -7)],
  ];
  return constants.map(([type, value]) =>
    loadCase(`constant ${type} ${value}`, lanes, type, { op: "constant", to: 0, type, value }, () =>
      upTo(lanes).map((at) => (typeof value === "number" ? value : value[at]!)),
    ),
  );
}

/** The lanes of a vector turned round, or taken from it and the one behind it in turn. */
function permutationCases(lanes: Lanes): KernelCase[] {
  const load = (to: number, first: number): Statement => ({
    op: "load",
    to,
    address: { base: 0, offset: 4 * first },
    type: "f32",
    active: lanes,
  });
  const turned = upTo(lanes).map((at) => lanes - 1 - at);
  const third = upTo(lanes).map((at) => (3 * at + 1) % (2 * lanes));
  const quarter = (at: number): number => at - (at % 4);
  const halves = upTo(lanes).map((at) => quarter(at) + [1, 3, 2, 0][at % 4]! + (at % 4 < 2 ? 0 : lanes));
  const wholes = upTo(lanes).map((at) => ((2 * quarter(at) + 4) % (2 * lanes)) + (at % 4));
  const cases: [string, number[], Statement][] = [
    ["halves of quarters", halves, { op: "permute", to: 0, x: 0, y: 1, lanes: halves }],
    ["halves of quarters into the second", halves, { op: "permute", to: 1, x: 0, y: 1, lanes: halves }],
    ["whole quarters", wholes, { op: "permute", to: 1, x: 0, y: 1, lanes: wholes }],
    ["one vector", turned, { op: "permute", to: 0, x: 0, lanes: turned }],
    ["two vectors", third, { op: "permute", to: 0, x: 0, y: 1, lanes: third }],
    ["two vectors into the second", third, { op: "permute", to: 1, x: 0, y: 1, lanes: third }],
  ];
  return cases.map(([name, order, permute]) => {
    const to = "to" in permute ? permute.to : 0;
    const elements = numbered("f32", 64);
    const title = `permute ${name}`;
    const body: Statement[] = [
      { op: "argument", to: 0, slot: 0 },
      { op: "argument", to: 1, slot: 1 },
      load(0, 3),
      load(1, 3 + lanes),
      permute,
      { op: "store", from: to, address: { base: 1, offset: 0 }, type: "f32", active: lanes },
    ];
    return {
      title,
      kernel: kernelOf(title, lanes, { buffers: 2, integers: 2, vectors: ["f32", "f32"], body }),
      buffers: [elements, wide("f32", new Array<number>(lanes).fill(77))],
      ranges: [[0, 1]],
      expected: [
        elements,
        wide(
          "f32",
          order.map((lane) => elements[3 + lane]!),
        ),
      ],
    };
  });
}

type Reduce = "add" | "max" | "min";

/** The tree of nest.ts over 16 lanes, with float32 rounding after each step. */
function reduceByTree(reduce: Reduce, type: "f32" | "i32", lanes: readonly number[]): number {
  const round = type === "f32" ? Math.fround : (x: number): number => x | 0;
  const combine = (x: number, y: number): number => {
    if (reduce === "add") return round(x + y);
    if (Number.isNaN(x)) return x;
    return Number.isNaN(y) || (reduce === "max" ? y > x : y < x) ? y : x;
  };
  let rest = [...lanes];
  while (rest.length > 1) {
    const half = rest.length / 2;
    rest = rest.slice(0, half).map((x, at) => combine(x, rest[half + at]!));
  }
  return rest[0]!;
}

const laneValues: readonly (readonly ["f32" | "i32", readonly number[]])[] = [
  ["f32", upTo(16).map((at) => Math.fround(10 ** (((at * 5) % 16) - 8) * (at % 3 === 0 ? -1 : 1)))],
  ["f32", upTo(16).map((at) => (at % 2 === 0 ? 0 : -0))],
  ["f32", upTo(16).map((at) => (at % 2 === 0 ? -0 : 0))],
  ["f32", upTo(16).map((at) => (at === 11 ? Number.NaN : at))],
  ["f32", upTo(16).map((at) => (at === 0 ? Number.NaN : -at))],
  ["f32", upTo(16).map(() => -Infinity)],
  ["i32", upTo(16).map((at) => (at * 1103515245 + 12345) | 0)],
];

function reductionCases(lanes: Lanes): KernelCase[] {
  const registers = upTo(16 / lanes);
  return laneValues.flatMap(([type, values], set) =>
    (["add", "max", "min"] as const).map((reduce) => {
      const input = wide(type, [...values]);
      const title = `reduce lanes by ${reduce}, ${type} ${set}`;
      const to = registers.length;
      const body: Statement[] = [
        { op: "argument", to: 0, slot: 0 },
        { op: "argument", to: 1, slot: 1 },
        ...registers.map((register): Statement => {
          const address = { base: 0, offset: 4 * lanes * register };
          return { op: "load", to: register, address, type, active: lanes };
        }),
        { op: "reduceLanes", reduce, to, from: registers },
        { op: "store", from: to, address: { base: 1, offset: 0 }, type, active: lanes },
      ];
      const result = reduceByTree(reduce, type, Array.from(input));
      return {
        title,
        kernel: kernelOf(title, lanes, {
          buffers: 2,
          integers: 2,
          vectors: [...registers.map(() => type), type],
          body,
        }),
        buffers: [input, wide(type, new Array<number>(lanes).fill(5))],
        ranges: [[0, 1]],
        expected: [input, wide(type, new Array<number>(lanes).fill(result))],
      };
    }),
  );
}
