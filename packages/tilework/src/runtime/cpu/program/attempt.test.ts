/** A step that fails, or that is not accepted, leaves the variables as they were, whatever happens on the way. */
import { afterEach, expect, test } from "vitest";
import { type HandMade, handMade } from "../../../testing/hand-made-plan.ts";
import { trainingStep } from "../../../testing/training-step.ts";
import { attempt } from "../../attempt.ts";
import type { VariableStore } from "../../device.ts";
import { createReferenceDevice } from "../../reference/device.ts";
import { type CpuDevice, type CpuDeviceOptions, createCpuDevice } from "../device.ts";

const devices: CpuDevice[] = [];

afterEach(async () => {
  await Promise.all(devices.splice(0).map((made) => made.close()));
});

function device(options: Omit<CpuDeviceOptions, "kind">): CpuDevice {
  const made = createCpuDevice({ kind: "wasm", soloMicroseconds: 0, ...options });
  devices.push(made);
  return made;
}

function vector(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233));
}

function storeOf(cpu: CpuDevice, { weight }: HandMade, size: number): VariableStore {
  const store = cpu.createStore();
  store.add([{ variable: weight, data: vector(size, 0) }]);
  return store;
}

const modes = [{ threads: 1 }, { threads: 2 }, { threads: 3 }, { threads: 1, shared: false }] as const;

test.each(modes)("accepted steps stay, others are taken back: %j", async (mode) => {
  const made = handMade(400);
  const cpu = device({ ...mode, toolchain: made.toolchain });
  const store = storeOf(cpu, made, 400);
  const executable = await cpu.load(made.program);
  const accepted: Float32Array[] = [];
  for (let step = 0; step < 6; step++) {
    const x = vector(400, step);
    const isGood = step % 3 !== 1;
    const outputs = await attempt(executable, store, { x }, () => isGood);
    const expected = made.simulate(vector(400, 0), [...accepted, x]);
    expect(outputs.h).toEqual(expected.outputs.at(-1));
    if (isGood) accepted.push(x);
    expect(await store.read([made.weight])).toEqual([made.simulate(vector(400, 0), accepted).weight]);
  }
});

test.each(modes)("a kernel that traps has changed nothing: %j", async (mode) => {
  const made = handMade(400, { trap: true });
  const cpu = device({ ...mode, toolchain: made.toolchain });
  const store = storeOf(cpu, made, 400);
  const executable = await cpu.load(made.program);
  await expect(attempt(executable, store, { x: vector(400, 1) }, () => true)).rejects.toThrow(
    /out of bounds/,
  );
  expect(await store.read([made.weight])).toEqual([vector(400, 0)]);
});

test("whenever a worker dies, the variables are those after the steps that succeeded", async () => {
  const size = 2 ** 18;
  const made = handMade(size);
  const cpu = device({ threads: 2, toolchain: made.toolchain });
  const store = storeOf(cpu, made, size);
  const executable = await cpu.load(made.program);
  const x = vector(size, 1);
  let failures = 0;
  let weights = vector(size, 0);
  for (let round = 0; round < 12; round++) {
    let steps = 0;
    const steady = (async () => {
      for (; ; steps++) await attempt(executable, store, { x }, () => true);
    })().catch(() => failures++);
    await new Promise((resume) => setTimeout(resume, 2 * (round % 4)));
    await cpu.terminateWorker(round % 2);
    await steady;
    weights = made.simulate(weights, new Array<Float32Array>(steps).fill(x)).weight;
    const [found] = await store.read([made.weight]);
    expect(Buffer.compare(Buffer.from(found!.buffer), Buffer.from(weights.buffer)), `round ${round}`).toBe(0);
  }
  expect(failures).toBe(12);
});

test("where there is no room for a copy on the device, one on the host does", async () => {
  const size = 2 ** 16;
  const made = handMade(size);
  const cpu = device({ threads: 2, toolchain: made.toolchain, memoryLimit: 1.5 * 2 ** 20 });
  const store = storeOf(cpu, made, size);
  const executable = await cpu.load(made.program);
  const x = vector(size, 1);
  await attempt(executable, store, { x }, () => false);
  expect(await store.read([made.weight])).toEqual([vector(size, 0)]);
  await attempt(executable, store, { x }, () => true);
  expect(await store.read([made.weight])).toEqual([made.simulate(vector(size, 0), [x]).weight]);
});

test("the reference device takes steps back too", async () => {
  const { program, variables, feeds } = trainingStep();
  const reference = createReferenceDevice();
  const store = reference.createStore();
  store.add(variables);
  const names = variables.map(({ variable }) => variable);
  const executable = await reference.load(program);
  const before = await store.read(names);
  await attempt(executable, store, feeds(0), () => false);
  expect(await store.read(names)).toEqual(before);
  await attempt(executable, store, feeds(0), () => true);
  expect(await store.read(names)).not.toEqual(before);
});
