import { describe, expect, test } from "vitest";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { avx2Target, avx512Target } from "../../compiler/target.ts";
import type { Elements } from "../../kernel/interpret.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { resolvePadding } from "../../ops/convolution/resolve-padding.ts";
import { averagePoolBackward } from "../../ops/pooling/average-pool-backward.ts";
import { maxPoolBackward } from "../../ops/pooling/max-pool-backward.ts";
import { pooledShape, poolGeometry } from "../../ops/pooling/pool-geometry.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { bitsOf, nestRuns } from "../../testing/nest-runs.ts";
import { runOp } from "../../testing/run-op.ts";
import { canRunX64, runX64Kernels } from "../../testing/run-x64-kernels.ts";

interface Case {
  readonly sizes: readonly number[];
  readonly size: number;
  readonly stride: number;
}

const cases: readonly Case[] = [
  { sizes: [9, 10], size: 3, stride: 2 },
  { sizes: [13, 12], size: 4, stride: 2 },
  { sizes: [11, 9], size: 5, stride: 2 },
  { sizes: [10, 11], size: 5, stride: 3 },
  { sizes: [8, 7], size: 3, stride: 1 },
  { sizes: [7, 9], size: 2, stride: 2 },
  { sizes: [23], size: 3, stride: 2 },
  { sizes: [5, 6, 7], size: 3, stride: 2 },
];

/** Both gradients of a pooling, as the ops write them. */
function nestsOf({ sizes, size, stride }: Case, channels: number, mode: "valid" | "same"): readonly Nest[] {
  const [window, strides] = [size, stride].map((each) => sizes.map(() => each)) as [number[], number[]];
  const pool = { window, strides, padding: resolvePadding(mode, { sizes, window, strides }) };
  const shape = pooledShape(poolGeometry("pool", [2, ...sizes, channels], pool));
  const data = new Float64Array(sizeOf(shape));
  const upstream = { shape, dtype: "float32", data } as const;
  const options = { pool, inputSizes: sizes };
  const codes = { shape, dtype: "uint8", data } as const;
  return [
    ...runOp(averagePoolBackward.definition, [upstream], options).nests,
    ...runOp(maxPoolBackward.definition, [codes, upstream], options).nests,
  ];
}

function contentOf({ dtype, shape }: Buffer, taps: number): Elements {
  const count = sizeOf(shape);
  if (dtype === "uint8") return Uint8Array.from({ length: count }, (_, at) => (at * 7919) % taps);
  const special = [-0, Number.NaN, Number.POSITIVE_INFINITY, 0];
  return Float32Array.from({ length: count }, (_, at) => special[at % 97] ?? Math.sin(at * 1.7));
}

describe.each([
  ["avx2", avx2Target],
  ["avx512", avx512Target],
] as const)("%s", (cpu, target) => {
  test.skipIf(!canRunX64(cpu)).each(cases)(
    "gives the interpreter's bits: $size / $stride of $sizes",
    (each) => {
      const runs = ([3, 16, 20, 64] as const).flatMap((channels) =>
        (["valid", "same"] as const).flatMap((mode) => {
          const nests = nestsOf(each, channels, mode);
          const buffers = new Set(nests.flatMap((nest) => nest.buffers.map(storageOf)));
          const taps = each.size ** each.sizes.length;
          const memory = new Map([...buffers].map((buffer) => [buffer, contentOf(buffer, taps)]));
          return nestRuns(nests, memory, target, (nest) => scheduleNest(nest, target));
        }),
      );
      const results = runX64Kernels(runs, cpu);
      runs.forEach(({ kernel, expected }, at) => {
        expected.forEach((elements, slot) => {
          expect(bitsOf(results[at]![slot]!), `${kernel.name}, buffer ${slot}`).toEqual(bitsOf(elements));
        });
      });
    },
  );
});
