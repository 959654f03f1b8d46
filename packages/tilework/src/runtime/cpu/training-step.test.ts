import { afterEach, expect, test } from "vitest";
import { planInPieces } from "../../compiler/compile.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { trainingStep } from "../../testing/training-step.ts";
import type { Device, HostData, StepOutputs } from "../device.ts";
import { createReferenceDevice } from "../reference/device.ts";
import { type CpuDeviceOptions, createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./program/toolchain.ts";

const devices: Device[] = [];

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.close()));
});

function wasm(options: Partial<CpuDeviceOptions>): Device {
  const device = createCpuDevice({
    kind: "wasm",
    soloMicroseconds: 0,
    toolchain: compilerToolchain,
    ...options,
  });
  devices.push(device);
  return device;
}

async function train(
  device: Device,
  steps: number,
): Promise<{ outputs: StepOutputs[]; weights: HostData[] }> {
  const { program, variables, feeds } = trainingStep();
  const store = device.createStore();
  store.add(variables);
  const executable = await device.load(program);
  const outputs = await executable.run(
    store,
    Array.from({ length: steps }, (_, step) => feeds(step)),
  );
  return { outputs, weights: await store.read(variables.map(({ variable }) => variable)) };
}

const withoutFusion = {
  ...compilerToolchain,
  plan: (...[program, target]: Parameters<typeof planInPieces>) =>
    planInPieces(program, target, { fuse: false }),
};

test("20 steps give the same bits for any number of threads, with and without fusion, shared memory or not", async () => {
  const expected = await train(wasm({ threads: 1 }), 20);
  for (const options of [
    { threads: 2 },
    { threads: 3 },
    { threads: 7 },
    { threads: 2, toolchain: withoutFusion },
    { shared: false },
  ])
    expect(await train(wasm(options), 20), JSON.stringify(options)).toEqual(expected);
});

test.each(["relaxed", "strict"] as const)("a step agrees with the reference device: %s", async (variant) => {
  const expected = await train(createReferenceDevice(), 1);
  const got = await train(wasm({ threads: 2, variant }), 1);
  for (const name of ["loss", "logits"])
    expect(
      firstDifference(got.outputs[0]![name]!, expected.outputs[0]![name]!, tolerances.sum),
    ).toBeUndefined();
  got.weights.forEach((weights, at) => {
    expect(firstDifference(weights, expected.weights[at]!, tolerances.sum)).toBeUndefined();
  });
});
