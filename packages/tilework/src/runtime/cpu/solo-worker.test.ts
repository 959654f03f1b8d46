import { afterEach, describe, expect, test, vi } from "vitest";
import { planProgram } from "../../compiler/compile.ts";
import { wasmTarget } from "../../compiler/target.ts";
import { platform } from "../../platform/current.ts";
import { trainingStep } from "../../testing/training-step.ts";
import type { Device, HostData } from "../device.ts";
import { createCpuDevice } from "./device.ts";
import { estimateMicroseconds } from "./program/estimate-work.ts";
import { compilerToolchain } from "./program/toolchain.ts";

const [small, large] = [4, 512];

afterEach(() => vi.restoreAllMocks());

describe("the estimate of a step's work", () => {
  const estimate = (batch: number): number =>
    estimateMicroseconds(planProgram(trainingStep(batch).program, wasmTarget));

  test("tells a step on four images from one on hundreds", () => {
    expect(estimate(small)).toBeLessThan(100);
    expect(estimate(large)).toBeGreaterThan(100);
  });

  test("grows with the batch, by no more than the batch does", () => {
    const ratio = estimate(large) / estimate(large / 8);
    expect(ratio).toBeGreaterThan(2);
    expect(ratio).toBeLessThanOrEqual(8);
  });
});

/** Which workers are told to run, for each run in order. */
function watchRuns(): { readonly runs: readonly (readonly number[])[] } {
  const byRequest = new Map<number, number[]>();
  const start = platform.startWorker.bind(platform);
  let workers = 0;
  vi.spyOn(platform, "startWorker").mockImplementation(async () => {
    const number = workers++;
    const host = await start();
    const post: typeof host.post = (message, transfer) => {
      const { type, request } = message as { type: string; request: number };
      if (type === "run") byRequest.set(request, [...(byRequest.get(request) ?? []), number]);
      host.post(message, transfer);
    };
    return { ...host, post };
  });
  return {
    get runs() {
      return [...byRequest.values()].map((told) => told.sort());
    },
  };
}

/** Small and large steps in turn on the same weights, none waited for before the next is handed over. */
async function alternate(device: Device, turns: number): Promise<HostData[]> {
  const first = trainingStep(small);
  const steps = [first, trainingStep(large, first)];
  const store = device.createStore();
  store.add(first.variables);
  const executables = await Promise.all(steps.map(({ program }) => device.load(program)));
  const runs: Promise<unknown>[] = [];
  for (let turn = 0; turn < turns; turn++)
    executables.forEach((executable, at) => {
      runs.push(executable.run(store, [steps[at]!.feeds(turn)]));
    });
  await Promise.all(runs);
  const weights = await store.read(first.variables.map(({ variable }) => variable));
  await device.close();
  return weights;
}

test("small programs run on one worker, large ones on all, in their order and with the bits of one thread", async () => {
  const options = { kind: "wasm", toolchain: compilerToolchain } as const;
  const expected = await alternate(createCpuDevice({ ...options, threads: 1 }), 40);
  const watched = watchRuns();
  const got = await alternate(createCpuDevice({ ...options, threads: 3 }), 40);
  expect(got).toEqual(expected);
  expect(watched.runs).toEqual(Array.from({ length: 80 }, (_, run) => (run % 2 === 0 ? [0] : [0, 1, 2])));
});
