import { expect, test } from "vitest";
import { pooledConvolution } from "../testing/hard-convolutions.ts";
import { adaptiveAveragePooling, zeroPadding } from "../testing/hard-poolings.ts";
import { globalReduction, shuffleGather, softmax } from "../testing/hard-reductions.ts";
import { printNest } from "./print-nest.ts";

test("two levels, with the inner one inside the outer", () => {
  expect(printNest(pooledConvolution().nests[0]!)).toMatchInlineSnapshot(`
    "nest convolutionMaxPooling
      x: float32(2, 8, 8, 2)
      kernel: float32(3, 3, 2, 19)
      bias: float32(19)
      y: float32(2, 3, 3, 19)
      code: uint8(2, 3, 3, 19)
      for n < 2, i < 3, j < 3, f < 19
        reduce u < 2, v < 2
          reduce r < 3, s < 3, c < 2
            acc0.0 = add (x[n, 2*i + u + r, 2*j + v + s, c] * kernel[r, s, c, f])
          acc1.0, acc1.1 = argmax max((acc0.0 + bias[f]), 0.0) at position(2*u + v)
        y[n, i, j, f] = acc1.0
        code[n, i, j, f] = acc1.1
    "
  `);
});

test("tables and guards", () => {
  expect(printNest(adaptiveAveragePooling(11, 10, 4, 3).nests[0]!)).toMatchInlineSnapshot(`
    "nest adaptiveAveragePooling
      x: float32(2, 11, 10, 5)
      y: float32(2, 4, 3, 5)
      for n < 2, i < 4, j < 3, c < 5
        reduce u < 4, v < 4
          where 0 <= -u + [3, 4, 4, 3][i] - 1 < 4
          where 0 <= -v + [4, 4, 4][j] - 1 < 4
          acc0.0 = add x[n, u + [0, 2, 5, 8][i], v + [0, 3, 6][j], c]
        y[n, i, j, c] = (acc0.0 / f32FromI32((position([3, 4, 4, 3][i]) * position([4, 4, 4][j]))))
    "
  `);
});

test("fills, bytes and several stores", () => {
  expect(printNest(zeroPadding().nests[0]!)).toMatchInlineSnapshot(`
    "nest zeroPadding
      x: uint8(5, 6, 3)
      y: float32(8, 8, 3)
      mask: bool(8, 8, 3)
      for i < 8, j < 8, c < 3
        y[i, j, c] = f32FromI32((x[i - 2, j - 1, c] else 0))
        mask[i, j, c] = (((x[i - 2, j - 1, c] else -1) < 0) ? 1 : 0)
    "
  `);
});

test("lanes, and gathers", () => {
  expect(printNest(softmax(3, 37).nests[0]!)).toMatchInlineSnapshot(`
    "nest softmaxLargest
      x: float32(3, 37)
      largest: float32(3)
      for i < 3
        reduce k < 37 in lanes
          acc0.0 = max x[i, k]
        largest[i] = acc0.0
    "
  `);
  expect(printNest(shuffleGather().nests[0]!)).toMatchInlineSnapshot(`
    "nest shuffleGather
      order: int32(14)
      x: uint8(9, 21)
      y: float32(14, 21)
      for i < 14, k < 21
        y[i, k] = (f32FromI32(x[clamp order[i], k]) * 0.00390625)
    "
  `);
});

test("a single point of space", () => {
  expect(printNest(globalReduction(3, 37).nests[0]!)).toMatchInlineSnapshot(`
    "nest globalReduction
      a: float32(3, 37)
      b: float32(3, 37)
      dot: float32()
      largest: float32()
      smallest: float32()
      once
        reduce i < 3, k < 37 in lanes
          t0 = a[i, k]
          t1 = b[i, k]
          acc0.0 = add (t0 * t1)
          acc0.1 = max t0
          acc0.2 = min t1
        dot[] = acc0.0
        largest[] = acc0.1
        smallest[] = acc0.2
    "
  `);
});
