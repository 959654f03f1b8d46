import { afterEach, expect, test, vi } from "vitest";
import { input } from "../../graph/program.ts";
import { platform } from "../../platform/current.ts";
import { handMade } from "../../testing/hand-made-plan.ts";
import { WorkerError } from "../worker-error.ts";
import { type CpuDevice, type CpuDeviceOptions, createCpuDevice } from "./device.ts";

const devices: CpuDevice[] = [];

function device(options: Omit<CpuDeviceOptions, "kind">): CpuDevice {
  const made = createCpuDevice({ kind: "wasm", soloMicroseconds: 0, ...options });
  devices.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(devices.splice(0).map((made) => made.close()));
});

function vector(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233));
}

const modes = [
  { threads: 1 },
  { threads: 2 },
  { threads: 3 },
  { threads: 7 },
  { threads: 1, shared: false },
  { threads: 2, variant: "strict" },
] as const;

test.each(modes)("many steps in one call give the same bits as plain loops: %j", async (mode) => {
  const { program, weight, toolchain, simulate } = handMade(100);
  const cpu = device({ ...mode, toolchain });
  const store = cpu.createStore();
  const start = vector(100, 0);
  store.add([{ variable: weight, data: start }]);
  const inputs = Array.from({ length: 300 }, (_, step) => vector(100, step));
  const executable = await cpu.load(program);
  const outputs = await executable.run(
    store,
    inputs.map((x) => ({ x })),
  );
  const expected = simulate(start, inputs);
  expect(outputs.map(({ h }) => h)).toEqual(expected.outputs);
  expect(await store.read([weight])).toEqual([expected.weight]);
});

test("2,000 steps on two workers keep every stage apart", async () => {
  const { program, weight, toolchain, simulate } = handMade(4096);
  const cpu = device({ threads: 2, toolchain });
  const store = cpu.createStore();
  const start = new Float32Array(4096).map((_, i) => i);
  store.add([{ variable: weight, data: start }]);
  const inputs = Array.from({ length: 2000 }, (_, step) =>
    new Float32Array(4096).fill(step % 3 === 0 ? 1 : -0.5),
  );
  const executable = await cpu.load(program);
  await executable.run(
    store,
    inputs.map((x) => ({ x })),
  );
  expect(await store.read([weight])).toEqual([simulate(start, inputs).weight]);
});

test.each([{ shared: true }, { shared: false }])("steps take rows of a source: %j", async ({ shared }) => {
  const { program, weight, toolchain, simulate } = handMade(12);
  const cpu = device({ threads: 2, shared, toolchain });
  const store = cpu.createStore();
  store.add([{ variable: weight, data: new Float32Array(12) }]);
  const data = vector(40, 5);
  const source = cpu.createSource(data, 4, "float32");
  const rows = [Uint32Array.of(9, 0, 3), Uint32Array.of(1, 1, 2)];
  const inputs: Float32Array[] = rows.map((list) =>
    Float32Array.from([...list].flatMap((row) => [...data.subarray(row * 4, row * 4 + 4)])),
  );
  inputs.push(vector(12, 1));
  const executable = await cpu.load(program);
  const steps = [...rows.map((list) => ({ x: { source, rows: list } })), { x: inputs[2]! }];
  const outputs = await executable.run(store, steps);
  expect(outputs.map(({ h }) => h)).toEqual(simulate(new Float32Array(12), inputs).outputs);
});

test("calls on several stores and programs queue up in the order in which they were made", async () => {
  const small = handMade(8);
  const cpu = device({ threads: 2, toolchain: small.toolchain });
  const [a, b] = [cpu.createStore(), cpu.createStore()];
  for (const store of [a, b]) store.add([{ variable: small.weight, data: new Float32Array(8) }]);
  const executable = await cpu.load(small.program);
  const ones = new Float32Array(8).fill(1);
  const calls = [
    executable.run(a, [{ x: ones }]),
    executable.run(b, [{ x: ones }, { x: ones }]),
    a.write([{ variable: small.weight, data: new Float32Array(8).fill(10) }]),
    executable.run(a, [{ x: ones }]),
    a.read([small.weight]),
    b.read([small.weight]),
  ];
  const [first, second, , third, ofA, ofB] = await Promise.all(calls);
  expect(first).toEqual([{ h: new Float32Array(8).fill(1) }]);
  expect(second).toEqual([{ h: new Float32Array(8).fill(1) }, { h: new Float32Array(8).fill(3) }]);
  expect(third).toEqual([{ h: new Float32Array(8).fill(11) }]);
  expect(ofA).toEqual([new Float32Array(8).fill(12)]);
  expect(ofB).toEqual([new Float32Array(8).fill(4)]);
});

test.each([{ shared: true }, { shared: false }])(
  "a killed worker rejects the run, a snapshot is restored, and the next call has fresh workers: %j",
  async ({ shared }) => {
    const { program, weight, toolchain, simulate } = handMade(4096);
    const cpu = device({ threads: 2, shared, toolchain });
    const store = cpu.createStore();
    const start = vector(4096, 0);
    store.add([{ variable: weight, data: start }]);
    const executable = await cpu.load(program);
    const x = vector(4096, 1);
    await executable.run(store, [{ x }]);
    const snapshot = await store.snapshot();
    const source = cpu.createSource(x, 4096, "float32");
    const long = Array.from({ length: shared ? 20_000 : 2_000 }, () => ({
      x: { source, rows: Uint32Array.of(0) },
    }));
    const running = executable.run(store, long);
    const rejected = expect(running).rejects.toThrow(WorkerError);
    await new Promise((resume) => setTimeout(resume, 5));
    await cpu.terminateWorker(0);
    await rejected;
    await store.restore(snapshot);
    const outputs = await executable.run(store, [{ x }]);
    const expected = simulate(start, [x, x]);
    expect(outputs).toEqual([{ h: expected.outputs[1] }]);
    expect(await store.read([weight])).toEqual([expected.weight]);
  },
);

test("a kernel that traps rejects the run with its reason", async () => {
  const { program, weight, toolchain } = handMade(16, { trap: true });
  const cpu = device({ threads: 2, toolchain });
  const store = cpu.createStore();
  store.add([{ variable: weight, data: new Float32Array(16) }]);
  const executable = await cpu.load(program);
  await expect(executable.run(store, [{ x: new Float32Array(16) }])).rejects.toThrow(
    /memory access out of bounds/,
  );
});

test("a worker that cannot be started rejects the run, and the next call tries again", async () => {
  const { program, weight, toolchain } = handMade(8);
  const cpu = device({ threads: 2, toolchain });
  const store = cpu.createStore();
  store.add([{ variable: weight, data: new Float32Array(8) }]);
  const start = vi.spyOn(platform, "startWorker").mockRejectedValue(new Error("no threads left"));
  const executable = await cpu.load(program);
  const x = new Float32Array(8);
  await expect(executable.run(store, [{ x }])).rejects.toThrow(
    "it could not be started: Error: no threads left",
  );
  start.mockRestore();
  expect(await executable.run(store, [{ x }])).toEqual([{ h: x }]);
});

test("a worker whose script is of another build is refused before it runs anything", async () => {
  const { program, weight, toolchain } = handMade(8);
  const cpu = device({ threads: 2, toolchain });
  const store = cpu.createStore();
  store.add([{ variable: weight, data: new Float32Array(8) }]);
  const real = platform.startWorker;
  const start = vi.spyOn(platform, "startWorker").mockImplementation(async () => {
    const host = await real();
    const post: typeof host.post = (message, transfer) =>
      host.post({ ...(message as object), layout: "of another build" }, transfer);
    return { ...host, post };
  });
  const run = cpu.load(program).then((executable) => executable.run(store, [{ x: new Float32Array(8) }]));
  await expect(run).rejects.toThrow(
    "its script is of another build of Tilework; load both from the same one",
  );
  await expect(run).rejects.toBeInstanceOf(WorkerError);
  start.mockRestore();
});

test("without shared memory, variables outlive the workers of a closed device", async () => {
  const { program, weight, toolchain, simulate } = handMade(8);
  const cpu = device({ threads: 1, shared: false, toolchain });
  const store = cpu.createStore();
  const x = vector(8, 1);
  store.add([{ variable: weight, data: x }]);
  const executable = await cpu.load(program);
  await executable.run(store, [{ x }]);
  await cpu.close();
  expect(await store.read([weight])).toEqual([simulate(x, [x]).weight]);
});

test("programs of the same structure are compiled once, each over its own variables", async () => {
  const first = handMade(8);
  const second = handMade(8);
  let compilations = 0;
  const counting = {
    ...first.toolchain,
    plan: (...args: Parameters<typeof first.toolchain.plan>) => {
      compilations++;
      return first.toolchain.plan(...args);
    },
  };
  const cpu = device({ threads: 1, toolchain: counting });
  const store = cpu.createStore();
  store.add([
    { variable: first.weight, data: new Float32Array(8).fill(1) },
    { variable: second.weight, data: new Float32Array(8).fill(2) },
  ]);
  const other = { ...second.program, inputs: { y: input("y", { shape: [8], dtype: "float32" }) } };
  const x = new Float32Array(8);
  expect(await (await cpu.load(first.program)).run(store, [{ x }])).toEqual([
    { h: new Float32Array(8).fill(1) },
  ]);
  expect(await (await cpu.load(second.program)).run(store, [{ x }])).toEqual([
    { h: new Float32Array(8).fill(2) },
  ]);
  expect(compilations).toBe(1);
  await cpu.load(other);
  expect(compilations).toBe(2);
});

test("refused arguments change nothing and name what is wrong", async () => {
  const { program, weight, toolchain } = handMade(8);
  const cpu = device({ threads: 1, toolchain });
  const store = cpu.createStore();
  const executable = await cpu.load(program);
  const x = new Float32Array(8);
  await expect(executable.run(store, [{ x }])).rejects.toThrow(
    'the store has no variable "weight"; add it first',
  );
  expect(() => store.add([{ variable: weight, data: new Float32Array(7) }])).toThrow(
    "weight: got 7 elements",
  );
  store.add([{ variable: weight, data: new Float32Array(8) }]);
  await expect(executable.run(store, [{ x: new Int32Array(8) }])).rejects.toThrow(
    'input "x": got Int32Array; float32 needs Float32Array',
  );
  expect(() => cpu.createSource(x, 3, "float32")).toThrow("got 8 elements; rows of 3 do not fill them");
  const source = cpu.createSource(x, 8, "float32");
  source.release();
  await expect(executable.run(store, [{ x: { source, rows: Uint32Array.of(0) } }])).rejects.toThrow(
    "the source was released",
  );
});

test("a run gives back all the memory that it took, also when it fails", async () => {
  const { program, weight, toolchain } = handMade(4096);
  const cpu = device({ threads: 2, toolchain });
  const store = cpu.createStore();
  store.add([{ variable: weight, data: new Float32Array(4096) }]);
  const executable = await cpu.load(program);
  const x = new Float32Array(4096);
  await executable.run(store, [{ x }]);
  const before = cpu.memoryInUse;
  await executable.run(
    store,
    Array.from({ length: 50 }, () => ({ x })),
  );
  expect(cpu.memoryInUse).toBe(before);
  const failing = executable.run(
    store,
    Array.from({ length: 5000 }, () => ({ x })),
  );
  const rejected = expect(failing).rejects.toThrow("a worker stopped: the worker exited");
  await new Promise((resume) => setTimeout(resume, 1));
  await cpu.terminateWorker(1);
  await rejected;
  await executable.run(store, [{ x }]);
  expect(cpu.memoryInUse).toBe(before);
});
