/** Devices under all that a busy program may do to them at once: every call settles, and results are right. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canRunX64 } from "../../testing/run-x64-kernels.ts";
import { trainingStep } from "../../testing/training-step.ts";
import type { Configuration } from "../configuration.ts";
import { configure, currentDevice } from "../configure.ts";
import type { Device } from "../device.ts";
import { WorkerError } from "../worker-error.ts";
import { createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./program/toolchain.ts";

const milliseconds = 6000;
/** Longer than any call takes on a machine that is merely busy. */
const patience = 40_000;

const kinds = canRunX64("avx2") ? (["wasm", "x64"] as const) : (["wasm"] as const);
const { program, variables, feeds } = trainingStep(4);

/** Processes that want the cores too. */
let rivals: ChildProcess[] = [];

beforeAll(() => {
  rivals = [0, 1].map(() => spawn(process.execPath, ["--eval", "for (;;);"]));
});
afterAll(() => {
  for (const rival of rivals) rival.kill("SIGKILL");
  configure({});
});

type Random = (below: number) => number;

function randomNumbers(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** What a call gives; undefined where its workers were ended. Rejects when it does not settle. */
async function settled<T>(call: Promise<T>): Promise<T | undefined> {
  const late = new AbortController();
  const hang = sleep(patience, undefined, { signal: late.signal }).then(() => {
    throw new Error("a call hangs");
  });
  hang.catch(() => undefined);
  try {
    return await Promise.race([call, hang]);
  } catch (error) {
    if (error instanceof WorkerError) return undefined;
    throw error;
  } finally {
    late.abort();
  }
}

async function expectedLosses(steps: number): Promise<number[]> {
  const device = createCpuDevice({ kind: "wasm", threads: 1, toolchain: compilerToolchain });
  const store = device.createStore();
  store.add(variables);
  const executable = await device.load(program);
  const outputs = await executable.run(
    store,
    Array.from({ length: steps }, (_, step) => feeds(step)),
  );
  await device.close();
  return outputs.map(({ loss }) => loss![0]!);
}

const mostRuns = 12;
const longestRun = 40;

/** A model of its own on the device: runs of many lengths, awaited or not, reads and pauses in between. */
async function train(device: Device, random: Random, expected: readonly number[]): Promise<void> {
  const store = device.createStore();
  store.add(variables);
  const executable = await settled(device.load(program));
  const calls: Promise<unknown>[] = [];
  let step = 0;
  let isWhole = executable !== undefined;
  for (let run = random(mostRuns); run > 0 && isWhole; run--) {
    const first = step;
    step += 1 + random(random(3) === 0 ? longestRun : 4);
    const steps = Array.from({ length: step - first }, (_, at) => feeds(first + at));
    const call = settled(executable!.run(store, steps)).then((outputs) => {
      isWhole &&= outputs !== undefined;
      if (isWhole)
        expect(outputs!.map(({ loss }) => loss![0])).toEqual(expected.slice(first, first + steps.length));
    });
    calls.push(call);
    if (random(3) > 0) await call;
    if (random(4) === 0) await sleep(random(8));
    if (random(5) === 0) calls.push(settled(store.read(variables.map(({ variable }) => variable))));
  }
  await Promise.all(calls);
}

/** Devices are opened, used by several models, closed or struck by the loss of a worker in the middle of runs. */
async function liveAndDie(random: Random, expected: readonly number[], end: number): Promise<number> {
  let lives = 0;
  for (; performance.now() < end; lives++) {
    const kind = kinds[random(kinds.length)]!;
    const options = { threads: 1 + random(7), tuning: random(2) * 20, toolchain: compilerToolchain };
    const device = createCpuDevice({ kind, soloMicroseconds: 0, ...options });
    const models = Array.from({ length: 1 + random(3) }, () => train(device, random, expected));
    const fate = random(4);
    if (fate < 2) await sleep(random(150));
    if (fate === 0) await settled(device.close());
    if (fate === 1) await settled(device.terminateWorker(0));
    await Promise.all(models);
    await settled(device.close());
  }
  return lives;
}

/** The device in use changes while models run on the one before. */
async function switchDevices(random: Random, expected: readonly number[], end: number): Promise<number> {
  const choices: readonly Configuration[] = [{ device: "auto" }, ...kinds.map((device) => ({ device }))];
  const models: Promise<void>[] = [];
  for (; performance.now() < end; ) {
    configure({ ...choices[random(choices.length)], threads: 1 + random(4) });
    const device = await settled(currentDevice());
    if (device === undefined) continue;
    models.push(train(device, random, expected));
    if (random(2) === 0) await models.at(-1);
    else await sleep(random(50));
  }
  await Promise.all(models);
  return models.length;
}

test("every call settles, with the right bits or a WorkerError, whatever happens around it", async () => {
  const expected = await expectedLosses(mostRuns * longestRun);
  const end = performance.now() + milliseconds;
  const [first, second, switches] = await Promise.all([
    liveAndDie(randomNumbers(1), expected, end),
    liveAndDie(randomNumbers(2), expected, end),
    switchDevices(randomNumbers(3), expected, end),
  ]);
  expect(first + second).toBeGreaterThan(1);
  expect(switches).toBeGreaterThan(1);
}, 120_000);
