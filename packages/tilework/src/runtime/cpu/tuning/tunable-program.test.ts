import { afterEach, describe, expect, test } from "vitest";
import type { Plan } from "../../../compiler/plan.ts";
import { type KnownSchedules, type Measure, tuneSchedules } from "../../../compiler/tuning/tune-schedules.ts";
import { mixedConvolutions } from "../../../testing/mixed-convolutions.ts";
import { bitsOf } from "../../../testing/nest-runs.ts";
import { canRunX64 } from "../../../testing/run-x64-kernels.ts";
import { type CpuDevice, type CpuDeviceOptions, createCpuDevice } from "../device.ts";
import { compilerToolchain, type Toolchain } from "../program/toolchain.ts";

const devices: CpuDevice[] = [];

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.close()));
});

const { program, variables, feeds } = mixedConvolutions(16);
const soon = 0.001;

interface Run {
  readonly bits: readonly unknown[];
  readonly plans: readonly (Plan | undefined)[];
}

/** Five runs of two steps with reads in between: bits, and the plan after each. */
async function run(options: Partial<CpuDeviceOptions>): Promise<Run> {
  const device = createCpuDevice({ kind: "x64", threads: 2, toolchain: compilerToolchain, ...options });
  devices.push(device);
  const store = device.createStore();
  store.add(variables);
  const executable = await device.load(program);
  const bits: unknown[] = [];
  const plans: (Plan | undefined)[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const outputs = await executable.run(store, [feeds, feeds]);
    bits.push(outputs.map(({ loss }) => bitsOf(loss!)));
    plans.push(executable.plan);
  }
  bits.push((await store.read(variables.map(({ variable }) => variable))).map(bitsOf));
  return { bits, plans };
}

/** Tuning by a fake measure, which times again what is known and takes the time that it wants. */
function tunedBy(measure: Measure): Toolchain {
  return {
    ...compilerToolchain,
    tune: (tuned, target, tuning) => {
      const known: KnownSchedules = {
        get: () => undefined,
        set: (key, schedule) => tuning.known.set(key, schedule),
      };
      return tuneSchedules(tuned, target, { ...tuning, known, measure, milliseconds: 1e9 });
    },
  };
}

describe.skipIf(!canRunX64("avx2"))("machine code", () => {
  test("whatever schedules tuning chooses, the bits stay", async () => {
    const usual = await run({ tuning: 0 });
    for (let seed = 1; seed <= 8; seed++) {
      let state = seed;
      const random = (): number => (state = (state * 48271) % 2147483647);
      const instructions = seed % 2 === 0 && canRunX64("avx512") ? "avx512" : "avx2";
      const toolchain = tunedBy(async (ways) => ways.map(random));
      const tuned = await run({ tuning: soon, toolchain, instructions });
      expect(tuned.bits).toEqual(usual.bits);
      expect(tuned.plans.at(-1)).not.toBe(tuned.plans[0]);
    }
  });

  test("schedules that are timed for real leave the bits too, and the times come within the limit", async () => {
    const usual = await run({ tuning: 0 });
    const times: (number | undefined)[][] = [];
    const toolchain: Toolchain = {
      ...compilerToolchain,
      tune: (tuned, target, tuning) =>
        tuneSchedules(tuned, target, {
          ...tuning,
          known: new Map(),
          milliseconds: 5000,
          measure: async (ways, limit) => {
            const measured = await tuning.measure(ways, limit);
            times.push([...measured]);
            return measured;
          },
        }),
    };
    expect((await run({ tuning: soon, toolchain })).bits).toEqual(usual.bits);
    expect(times.length).toBeGreaterThan(0);
    expect(times.flat().some((time) => time !== undefined && time > 0)).toBe(true);
  });

  test("tuning that fails leaves the program as it is", async () => {
    const toolchain: Toolchain = { ...compilerToolchain, tune: () => Promise.reject(new Error("no time")) };
    const { bits, plans } = await run({ tuning: soon, toolchain });
    expect(bits).toEqual((await run({ tuning: 0 })).bits);
    expect(new Set(plans).size).toBe(1);
  });
});

test.each([
  ["switched off", { kind: "x64", tuning: 0 }],
  ["not yet due", { kind: "x64", tuning: 1e9 }],
  ["WebAssembly, which engines compile anew while it runs", { kind: "wasm", tuning: soon }],
] as const)("programs are not tuned: %s", async (_, options) => {
  if (options.kind === "x64" && !canRunX64("avx2")) return;
  let asked = 0;
  const toolchain: Toolchain = {
    ...compilerToolchain,
    tune: async () => {
      asked++;
      return false;
    },
  };
  await run({ ...options, toolchain });
  expect(asked).toBe(0);
});
