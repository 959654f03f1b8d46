import { expect, test } from "vitest";
import { kernelOf } from "../testing/kernel-cases.ts";
import { runWasmKernel } from "../testing/run-wasm-kernel.ts";
import { printKernelCode } from "./print-kernel-code.ts";

test("a matrix row times a matrix reads like its loops, and computes their result", () => {
  const kernel = kernelOf("row times matrix", 4, {
    buffers: 3,
    integers: 5,
    vectors: ["f32", "f32", "f32", "f32", "mask"],
    body: [
      { op: "argument", to: 0, slot: 0 },
      { op: "argument", to: 1, slot: 1 },
      { op: "argument", to: 2, slot: 2 },
      { op: "integer", to: 4, value: 12 },
      { op: "constant", to: 0, type: "f32", value: -0 },
      { op: "constant", to: 3, type: "f32", value: [0, 0, 0, 1000] },
      {
        op: "loop",
        counter: 3,
        count: 3,
        body: [
          { op: "load", to: 1, address: { base: 1, offset: 0 }, type: "f32", active: 4 },
          { op: "splat", to: 2, address: { base: 0, offset: 0 }, type: "f32" },
          { op: "fma", to: 0, x: 2, y: 1, z: 0 },
          { op: "offset", to: 0, from: 0, value: 4 },
          { op: "offset", to: 1, from: 1, value: 16 },
          { op: "if", x: 3, compare: "eq", y: 2, yes: [{ op: "move", to: 3, from: 0 }], no: [] },
        ],
      },
      { op: "compare", compare: "ge", type: "f32", to: 4, x: 0, y: 3 },
      { op: "select", condition: 4, yes: 0, no: 3, to: 0 },
      { op: "store", from: 0, address: { base: 2, index: 4, offset: -8 }, type: "f32", active: 3 },
    ],
  });
  expect(printKernelCode(kernel)).toMatchInlineSnapshot(`
    "kernel row times matrix, 4 lanes
      i0 = argument 0
      i1 = argument 1
      i2 = argument 2
      i4 = 12
      v0 = f32 -0
      v3 = f32 (0, 0, 0, 1000)
      for i3 below 3
        v1 = f32 [i1]
        v2 = splat f32 [i0]
        v0 = fma v2, v1, v0
        i0 = i0 + 4
        i1 = i1 + 16
        if i3 eq 2
          v3 = v0
      v4 = ge f32 v0, v3
      v0 = select v4, v0, v3
      f32 x3 [i2 + i4 - 8] = v0"
  `);
  const matrix = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const buffers = [Float32Array.of(1, 2, 3), matrix, new Float32Array(6)];
  const [, , output] = runWasmKernel({ kernel, buffers, ranges: [[0, 1]] });
  expect(Array.from(output!)).toEqual([0, 38, 44, 50, 0, 0]);
});
