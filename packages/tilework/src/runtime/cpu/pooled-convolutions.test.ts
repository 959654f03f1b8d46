/** Training steps whose pooling joins Winograd's results: the same bits on all CPU devices, fused or not. */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { planInPieces } from "../../compiler/compile.ts";
import { differentiate } from "../../compiler/differentiate.ts";
import { simplify } from "../../compiler/simplify.ts";
import { input, type Program } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { convolution } from "../../ops/convolution/convolution.ts";
import type { Padding } from "../../ops/convolution/window.ts";
import { averagePool } from "../../ops/pooling/average-pool.ts";
import { maxPool } from "../../ops/pooling/max-pool.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { square } from "../../ops/unary/powers.ts";
import { relu } from "../../ops/unary/relu.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { bitsOf } from "../../testing/nest-runs.ts";
import { canRunX64 } from "../../testing/run-x64-kernels.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import type { Device } from "../device.ts";
import { createReferenceDevice } from "../reference/device.ts";
import { type CpuDeviceOptions, createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./program/toolchain.ts";

interface Shape {
  readonly batch: number;
  readonly sizes: readonly [number, number];
  readonly filters: number;
  readonly padding: 0 | 1;
  readonly pool: "max" | "average";
  readonly activates: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: fc.constantFrom(1, 3, 4, 8),
  sizes: fc.tuple(fc.integer({ min: 12, max: 19 }), fc.integer({ min: 12, max: 19 })),
  filters: fc.constantFrom(16, 17, 24),
  padding: fc.constantFrom(0, 1),
  pool: fc.constantFrom("max", "average"),
  activates: fc.boolean(),
});

/** Two convolutions with pooling, their mean square and its gradients. */
function programOf({ batch, sizes, filters, padding: border, pool, activates }: Shape): Program {
  const padding: Padding[] = [
    [border, border],
    [border, border],
  ];
  const x = input("x", { shape: [batch, ...sizes, 16], dtype: "float32" });
  const kernels = [16, filters].map((channels, at) =>
    input(`kernel${at}`, { shape: [3, 3, channels, filters], dtype: "float32" }),
  );
  const bias = input("bias", { shape: [filters], dtype: "float32" });
  const block = (images: Value, kernel: Value): Value => {
    const result = add(convolution(images, kernel, { padding }), bias);
    const activated = activates ? relu(result) : result;
    return pool === "max"
      ? maxPool(activated, { window: [2, 2] })
      : averagePool(activated, { window: [2, 2] });
  };
  const pooled = kernels.reduce(block, x);
  const loss = reduceMean(square(pooled), { axes: [0, 1, 2, 3] });
  const inputs = { x, kernel0: kernels[0]!, kernel1: kernels[1]!, bias };
  const gradients = differentiate(loss, Object.values(inputs));
  const names = ["pooled", ...Object.keys(inputs).map((name) => `gradient of ${name}`)];
  const roots = simplify([pooled, ...gradients.map((gradient) => gradient!)]);
  return { inputs, outputs: Object.fromEntries(names.map((name, at) => [name, roots[at]!])), updates: [] };
}

function feedsOf({ inputs }: Program): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }], stream) => [
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, at) => Math.sin(at * (1.7 + stream)) / 4),
    ]),
  );
}

const unfused = {
  ...compilerToolchain,
  plan: (...[program, target]: Parameters<typeof planInPieces>) =>
    planInPieces(program, target, { fuse: false }),
};
const reference = createReferenceDevice();
const first = open({ kind: "wasm", threads: 1, toolchain: unfused });
const others: readonly Device[] = [
  open({ kind: "wasm", threads: 2 }),
  ...(canRunX64("avx512") ? [open({ kind: "x64", instructions: "avx512", threads: 2 })] : []),
  ...(canRunX64("avx2") ? [open({ kind: "x64", instructions: "avx2", threads: 1 })] : []),
];

function open(options: Partial<CpuDeviceOptions> & Pick<CpuDeviceOptions, "kind">): Device {
  return createCpuDevice({ soloMicroseconds: 0, toolchain: compilerToolchain, ...options });
}

afterAll(async () => {
  await Promise.all([first, ...others].map((device) => device.close()));
});

async function outputsOf(
  device: Device,
  program: Program,
): Promise<readonly (readonly [string, Float32Array])[]> {
  const executable = await device.load(program);
  const [outputs] = await executable.run(device.createStore(), [feedsOf(program)]);
  return Object.entries(outputs!).map(([name, data]) => [name, data as Float32Array]);
}

test("convolutions with pooling, and their gradients", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const program = programOf(shape);
      const got = await outputsOf(first, program);
      const exact = new Map(await outputsOf(reference, program));
      const [[name, pooled]] = got as [(typeof got)[number]];
      expect(firstDifference(pooled, exact.get(name)!, tolerances.sum)).toBeUndefined();
      const bits = got.map(([name, data]) => [name, bitsOf(data)]);
      for (const device of others)
        expect(
          (await outputsOf(device, program)).map(([name, data]) => [name, bitsOf(data)]),
          `${device.name}, ${device.threads} threads`,
        ).toEqual(bits);
    }),
    { numRuns: 8 },
  );
}, 60_000);
