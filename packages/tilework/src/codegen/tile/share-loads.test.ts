import { expect, test } from "vitest";
import { runKernelCode } from "../../testing/run-kernel-code.ts";
import type { KernelCode, Statement } from "../kernel-code.ts";
import { shareLoads } from "./share-loads.ts";

const pixels = 4;
const taps = 3;

/** `pixels` sums over `taps` neighbouring elements times weights, all steps written out with loads of their own. */
function written(): KernelCode {
  const body: Statement[] = [0, 1, 2].map((slot) => ({ op: "argument", to: slot, slot }));
  let vectors = pixels;
  for (let sum = 0; sum < pixels; sum++) body.push({ op: "constant", to: sum, type: "f32", value: 0 });
  for (let tap = 0; tap < taps; tap++) {
    const weight = vectors++;
    body.push({ op: "load", to: weight, address: { base: 1, offset: 16 * tap }, type: "f32", active: 4 });
    for (let sum = 0; sum < pixels; sum++) {
      const pixel = vectors++;
      const address = { base: 0, offset: 16 * (sum + tap) };
      body.push({ op: "load", to: pixel, address, type: "f32", active: 4 });
      body.push({ op: "fma", to: sum, x: pixel, y: weight, z: sum });
    }
  }
  for (let sum = 0; sum < pixels; sum++)
    body.push({ op: "store", from: sum, address: { base: 2, offset: 16 * sum }, type: "f32", active: 4 });
  return {
    name: "taps",
    lanes: 4,
    buffers: 3,
    tables: [],
    integers: 3,
    vectors: new Array(vectors).fill("f32"),
    body,
  };
}

const count = ({ body }: KernelCode, op: string): number =>
  body.filter((statement) => statement.op === op).length;

function resultOf(code: KernelCode): Float32Array {
  const image = Float32Array.from({ length: 4 * (pixels + taps) }, (_, at) => Math.fround(1 / (at + 3)));
  const weights = Float32Array.from({ length: 4 * taps }, (_, at) => Math.fround(Math.sqrt(at + 2)));
  const out = new Float32Array(4 * pixels);
  runKernelCode(code, [image, weights, out], { begin: 0, end: 1, fused: true });
  return out;
}

test("what steps have in common is loaded once, and every sum keeps its order", () => {
  const code = written();
  const shared = shareLoads(code, { count: 16, loadsFirst: false });
  expect(count(code, "load")).toBe(taps * (pixels + 1));
  expect(count(shared, "load")).toBe(taps + pixels + taps - 1);
  expect(count(shared, "fma")).toBe(pixels * taps);
  expect(resultOf(shared)).toEqual(resultOf(code));
});

test("values wait no longer than needed: weights, as many sums and a pixel fill the registers", () => {
  const code = written();
  const shared = shareLoads(code, { count: 2 * taps + 1, loadsFirst: false });
  expect(count(shared, "load")).toBe(taps + pixels + taps - 1);
  expect(resultOf(shared)).toEqual(resultOf(code));
  expect(shareLoads(code, { count: 2 * taps, loadsFirst: false })).toEqual(code);
});

test("an engine that loads all operands first needs registers for all of them", () => {
  const code = written();
  const all = pixels + taps + (pixels + taps - 1);
  expect(count(shareLoads(code, { count: all, loadsFirst: true }), "load")).toBe(all - pixels);
  expect(shareLoads(code, { count: all - 1, loadsFirst: true })).toEqual(code);
});

/** The same sums over every other element of the image, which is permuted out of two vectors. */
function permuted(): KernelCode {
  const { body, ...code } = written();
  const vectors = [...code.vectors];
  const lanes = [0, 2, 4, 6];
  const split = body.flatMap((statement): Statement[] => {
    if (statement.op !== "load" || statement.address.base !== 0) return [statement];
    const { to, address } = statement;
    const [x, y] = [vectors.push("f32") - 1, vectors.push("f32") - 1];
    const second = { ...statement, to: y, address: { ...address, offset: address.offset + 16 } };
    return [{ ...statement, to: x }, second, { op: "permute", to, x, y, lanes }];
  });
  return { ...code, vectors, body: split };
}

test("what is permuted alike is permuted once, where registers suffice with that of its order of lanes", () => {
  const code = permuted();
  const places = pixels + taps - 1;
  const shared = shareLoads(code, { count: 11, loadsFirst: false });
  expect([count(shared, "permute"), count(shared, "load")]).toEqual([places, taps + places + 1]);
  expect(resultOf(shared)).toEqual(resultOf(code));
  expect(count(shareLoads(code, { count: 10, loadsFirst: false }), "permute")).toBe(pixels * taps);
});

test.each<[string, Statement]>([
  ["a store", { op: "store", from: 0, address: { base: 2, offset: 0 }, type: "f32", active: 4 }],
  ["a step of an address", { op: "offset", to: 0, from: 0, value: 16 }],
])("%s between two loads keeps both", (_, between) => {
  const load = (to: number): Statement => ({
    op: "load",
    to,
    address: { base: 0, offset: 0 },
    type: "f32",
    active: 4,
  });
  const sum = (x: number): Statement => ({ op: "fma", to: 0, x, y: x, z: 0 });
  const body = [load(1), sum(1), between, load(2), sum(2)];
  const code: KernelCode = { ...written(), vectors: ["f32", "f32", "f32"], body };
  expect(shareLoads(code, { count: 16, loadsFirst: false })).toEqual(code);
});

test("a value that is read elsewhere too stays where it is", () => {
  const load = (to: number): Statement => ({
    op: "load",
    to,
    address: { base: 0, offset: 0 },
    type: "f32",
    active: 4,
  });
  const body: Statement[] = [
    load(1),
    load(2),
    { op: "fma", to: 0, x: 1, y: 2, z: 0 },
    { op: "move", to: 3, from: 2 },
  ];
  const code: KernelCode = { ...written(), vectors: ["f32", "f32", "f32", "f32"], body };
  expect(shareLoads(code, { count: 16, loadsFirst: false })).toEqual(code);
});
