/** Programs that change no variable compute what depends on weights alone once, and never use what is out of date. */
import { afterEach, expect, test } from "vitest";
import { input, type Program, read } from "../../../graph/program.ts";
import type { Variable } from "../../../graph/value.ts";
import { add } from "../../../ops/binary/add.ts";
import { multiply } from "../../../ops/binary/multiply.ts";
import { convolution } from "../../../ops/convolution/convolution.ts";
import { reshape } from "../../../ops/shape/reshape.ts";
import { canRunX64 } from "../../../testing/run-x64-kernels.ts";
import type { HostData, StepOutputs, VariableStore } from "../../device.ts";
import { type CpuDevice, type CpuDeviceOptions, createCpuDevice } from "../device.ts";
import type { CpuStore } from "../memory/store.ts";
import { compilerToolchain } from "./toolchain.ts";

const devices: CpuDevice[] = [];

afterEach(async () => {
  await Promise.all(devices.splice(0).map((made) => made.close()));
});

function device(options: Partial<CpuDeviceOptions>): CpuDevice {
  const made = createCpuDevice({
    kind: "wasm",
    soloMicroseconds: 0,
    threads: 2,
    toolchain: compilerToolchain,
    ...options,
  });
  devices.push(made);
  return made;
}

const kernel: Variable = { name: "kernel", shape: [3, 3, 32, 32], dtype: "float32" };
const scale: Variable = { name: "scale", shape: [32], dtype: "float32" };
const weights = [kernel, scale];

/** Scales a kernel channel by channel, as folding does, and convolves images by it. */
function prediction(batch: number): Program {
  const x = input("x", { shape: [batch, 12, 12, 32], dtype: "float32" });
  const scaled = multiply(read(kernel), reshape(read(scale), [1, 1, 1, 32]));
  const y = convolution(x, scaled, {
    strides: [1, 1],
    dilation: [1, 1],
    groups: 1,
    padding: [
      [1, 1],
      [1, 1],
    ],
  });
  return { inputs: { x }, outputs: { y }, updates: [] };
}

/** Adds a number to both weights. */
function update(): Program {
  const by = input("by", { shape: [1], dtype: "float32" });
  return {
    inputs: { by },
    outputs: {},
    updates: weights.map((variable) => ({
      variable,
      value: add(read(variable), reshape(by, new Array<number>(variable.shape.length).fill(1))),
    })),
  };
}

function vector(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233));
}

function values(seed: number): { variable: Variable; data: HostData }[] {
  return [
    { variable: kernel, data: vector(9 * 32 * 32, seed) },
    { variable: scale, data: vector(32, seed + 0.5) },
  ];
}

function images(batch: number, seed = 1): { x: Float32Array } {
  return { x: vector(batch * 12 * 12 * 32, seed) };
}

function storeOf(cpu: CpuDevice, seed: number): VariableStore {
  const store = cpu.createStore();
  store.add(values(seed));
  return store;
}

/** What a device that has never prepared anything predicts with the store's weights. */
async function fresh(store: VariableStore, batch: number): Promise<StepOutputs> {
  const cpu = device({});
  const own = cpu.createStore();
  const data = await store.read(weights);
  own.add(weights.map((variable, at) => ({ variable, data: data[at]! })));
  return (await (await cpu.load(prediction(batch))).run(own, [images(batch)]))[0]!;
}

test("a plan without updates begins with its preparations, one with updates has none", async () => {
  const cpu = device({});
  const plan = await cpu.inspect!(prediction(4));
  expect(plan.preparations).toBeGreaterThan(0);
  expect(plan.preparations).toBeLessThan(plan.stages.length);
  expect(plan.preparedBytes).toBeGreaterThanOrEqual(9 * 32 * 32 * 4);
  const prepared = plan.buffers.filter(({ placement }) => placement.region === "prepared");
  expect(prepared.length).toBeGreaterThan(0);
  const training = { ...prediction(4), updates: update().updates };
  const withUpdates = await cpu.inspect!({ ...training, inputs: { ...training.inputs, ...update().inputs } });
  expect(withUpdates.preparations).toBe(0);
});

const modes: readonly Partial<CpuDeviceOptions>[] = [
  { threads: 1 },
  { threads: 2 },
  { threads: 3 },
  { threads: 1, shared: false },
  ...(canRunX64("avx2") ? [{ kind: "x64", threads: 2 } as const] : []),
];

test.each(modes)("calls in any order use the weights of their moment: %j", async (mode) => {
  const cpu = device(mode);
  const [a, b] = [storeOf(cpu, 1), storeOf(cpu, 2)];
  const few = await cpu.load(prediction(2));
  const many = await cpu.load(prediction(5));
  const training = await cpu.load(update());
  const by = { by: Float32Array.of(0.25) };
  const predicted = (store: VariableStore, batch: number): Promise<StepOutputs[]> =>
    (batch === 2 ? few : many).run(store, [images(batch), images(batch)]);
  const first = predicted(a, 2);
  expect((await first)[1]).toEqual(await fresh(a, 2));
  // None of these is waited for before the next is handed over.
  const before = predicted(a, 2);
  const trained = training.run(a, [by]);
  const after = [predicted(a, 2), predicted(a, 5), predicted(b, 2), predicted(b, 5)];
  const written = a.write(values(3));
  const last = [predicted(a, 2), predicted(a, 5)];
  await Promise.all([trained, written]);
  expect(await before).toEqual(await first);
  const trainedStore = storeOf(cpu, 1);
  await training.run(trainedStore, [by]);
  const expected = [
    await fresh(trainedStore, 2),
    await fresh(trainedStore, 5),
    await fresh(b, 2),
    await fresh(b, 5),
  ];
  for (const [at, outputs] of (await Promise.all(after)).entries())
    expect(outputs).toEqual([expected[at], expected[at]]);
  for (const [at, outputs] of (await Promise.all(last)).entries())
    expect(outputs[1]).toEqual(await fresh(a, [2, 5][at]!));
  const snapshot = await a.snapshot();
  await a.write(values(4));
  await predicted(a, 2);
  await a.restore(snapshot);
  expect((await predicted(a, 2))[0]).toEqual((await last[0])![0]);
});

test.each([{ shared: true }, { shared: false }])("fresh workers prepare again: %j", async ({ shared }) => {
  const cpu = device({ shared });
  const store = storeOf(cpu, 1);
  const executable = await cpu.load(prediction(2));
  const [expected] = await executable.run(store, [images(2)]);
  const running = executable.run(store, new Array(500).fill(images(2)));
  const rejected = expect(running).rejects.toThrow("a worker stopped");
  await cpu.terminateWorker(0);
  await rejected;
  expect(await executable.run(store, [images(2)])).toEqual([expected]);
  await cpu.close();
  expect(await executable.run(store, [images(2)])).toEqual([expected]);
});

test.each(modes)(
  "what is prepared gives way where memory is short, and is prepared again: %j",
  async (mode) => {
    const memoryLimit = 2 ** 20;
    const cpu = device({ ...mode, memoryLimit });
    const stores = Array.from({ length: 16 }, (_, seed) => storeOf(cpu, seed));
    const executable = await cpu.load(prediction(2));
    const expected: StepOutputs[] = [];
    for (const store of stores) expected.push(...(await executable.run(store, [images(2)])));
    const plan = await cpu.inspect!(prediction(2));
    expect(stores.length * (plan.preparedBytes + 9 * 32 * 32 * 4)).toBeGreaterThan(memoryLimit);
    for (const [at, store] of stores.entries())
      expect(await executable.run(store, [images(2)])).toEqual([expected[at]]);
    const together = stores.map((store) => executable.run(store, [images(2), images(2)]));
    for (const [at, outputs] of (await Promise.all(together)).entries())
      expect(outputs).toEqual([expected[at], expected[at]]);
  },
);

test("steps that follow each other prepare once", async () => {
  const cpu = device({});
  const store = storeOf(cpu, 1) as CpuStore;
  const executable = await cpu.load(prediction(2));
  const before = await executable.run(store, [images(2)]);
  // Behind the store's back, so that nothing tells of the change.
  const bytes = new Uint8Array(9 * 32 * 32 * 4);
  store.runtime.memory.write(store.addressOf(kernel), bytes.length, (target) => target.set(bytes));
  expect(await executable.run(store, [images(2)])).toEqual(before);
  await store.write([{ variable: scale, data: vector(32, 1.5) }]);
  const [changed] = await executable.run(store, [images(2)]);
  expect(changed!.y!.every((element) => element === 0)).toBe(true);
});

test("profiles time preparations too, and leave them valid", async () => {
  const cpu = device({});
  const store = storeOf(cpu, 1);
  const executable = await cpu.load(prediction(2));
  const times = await executable.profile!(store, [images(2), images(2)]);
  expect(times.every((time) => time >= 0 && Number.isFinite(time))).toBe(true);
  expect((await executable.run(store, [images(2)]))[0]).toEqual(await fresh(store, 2));
});
