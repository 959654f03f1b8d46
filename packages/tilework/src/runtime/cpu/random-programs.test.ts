/** Random training steps leave the same bits behind on every CPU device, for any number of threads. */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { variablesOf } from "../../graph/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { bitsOf } from "../../testing/nest-runs.ts";
import { largerRandomProgram, type RandomProgram } from "../../testing/random-program.ts";
import { canRunX64 } from "../../testing/run-x64-kernels.ts";
import type { Device } from "../device.ts";
import { type CpuDeviceOptions, createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./program/toolchain.ts";

const wasm = open({ kind: "wasm", threads: 1 });
const others: readonly Device[] = [
  open({ kind: "wasm", threads: 3 }),
  ...(canRunX64("avx512")
    ? [1, 2].map((threads) => open({ kind: "x64", instructions: "avx512", threads }))
    : []),
  ...(canRunX64("avx2") ? [3, 1].map((threads) => open({ kind: "x64", instructions: "avx2", threads })) : []),
];

function open(options: Omit<CpuDeviceOptions, "toolchain">): Device {
  return createCpuDevice({ ...options, soloMicroseconds: 0, toolchain: compilerToolchain });
}

afterAll(async () => {
  await Promise.all([wasm, ...others].map((device) => device.close()));
});

/** Outputs of two steps and the variables after them. */
async function bitsAfter(device: Device, { program, feeds }: RandomProgram): Promise<object> {
  const variables = variablesOf(program);
  const store = device.createStore();
  store.add(
    variables.map((variable) => ({
      variable,
      data: Float32Array.from({ length: sizeOf(variable.shape) }, (_, i) =>
        Math.fround(Math.cos(i + variable.name.length) / 2),
      ),
    })),
  );
  const executable = await device.load(program);
  const outputs = await executable.run(store, [feeds, feeds]);
  return {
    outputs: outputs.map((step) => Object.entries(step).map(([name, data]) => [name, bitsOf(data)])),
    variables: (await store.read(variables)).map(bitsOf),
  };
}

test("two steps of random programs", async () => {
  await fc.assert(
    fc.asyncProperty(largerRandomProgram, async (random) => {
      const expected = await bitsAfter(wasm, random);
      for (const device of others)
        expect(await bitsAfter(device, random), `${device.name}, ${device.threads} threads`).toEqual(
          expected,
        );
    }),
    { numRuns: 60 },
  );
});
