/** What only a process of its own can show of machine code: silence, permissions, mappings that go again. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { canRunX64 } from "../../testing/run-x64-kernels.ts";
import { createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./program/toolchain.ts";

const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

const prelude = `
  import { readFileSync } from "node:fs";
  import { trainingStep } from ${source("../../testing/training-step.ts")};
  import { configure, currentDevice } from ${source("../configure.ts")};
  const { program, variables, feeds } = trainingStep();
  async function train(device) {
    const store = device.createStore();
    store.add(variables);
    const executable = await device.load(program);
    const [{ loss }] = await executable.run(store, [feeds(0)]);
    return loss[0];
  }
  /** Bytes of executable memory that belongs to no file. */
  function mapped() {
    let bytes = 0;
    for (const line of readFileSync("/proc/self/maps", "utf8").split("\\n")) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r-xp 0+ 00:00 0 *$/.exec(line) ?? [];
      if (from) bytes += Number(BigInt("0x" + to) - BigInt("0x" + from));
    }
    return bytes;
  }
`;

async function runModule(
  code: string,
  flags: readonly string[] = [],
): Promise<{ stdout: string; stderr: string }> {
  const command = [...flags, "--input-type=module", "--eval", prelude + code];
  const env = { ...process.env, NODE_OPTIONS: "", TILEWORK_DEVICE: "" };
  return promisify(execFile)(process.execPath, command, { timeout: 30_000, env });
}

const withoutForeignFunctions = [
  "--permission",
  "--allow-fs-read=*",
  "--allow-worker",
  "--disable-warning=SecurityWarning",
];

describe.skipIf(!canRunX64("avx2"))("machine code", () => {
  test("auto takes it and prints nothing", async () => {
    const { stdout, stderr } = await runModule(`
      const device = await currentDevice();
      await train(device);
      console.log(device.name);
    `);
    expect(stdout).toBe("x64\n");
    expect(stderr).toBe("");
  });

  test.each([
    {
      title: "without the permission",
      flags: withoutForeignFunctions,
      reason: "Node's permissions refuse foreign functions; --allow-ffi grants them",
    },
    {
      title: "with foreign functions switched off",
      flags: ["--no-experimental-ffi"],
      reason: "foreign functions are switched off by --no-experimental-ffi",
    },
  ])("$title auto takes wasm and prints nothing; a forced one says why", async ({ flags, reason }) => {
    const { stdout, stderr } = await runModule(
      `
      const device = await currentDevice();
      await train(device);
      console.log(device.name);
      configure({ device: "x64" });
      await currentDevice().catch((error) => console.log(error.message));
    `,
      flags,
    );
    expect(stdout.split("\n")).toEqual([
      "wasm",
      `the device "x64" cannot run here: ${reason}; use "auto" for the fastest that can`,
      "",
    ]);
    expect(stderr).toBe("");
  });

  test("where Node's permissions refuse workers, the refusal names the one to grant", async () => {
    const { stdout } = await runModule(
      "await currentDevice().catch((error) => console.log(error.name, error.message));",
      withoutForeignFunctions.filter((flag) => flag !== "--allow-worker"),
    );
    expect(stdout).toBe(
      "DeviceError no device can run here: workers cannot be started: Node's permissions refuse them; " +
        "--allow-worker grants them (and --allow-ffi machine code)\n",
    );
  });

  test("closing a device unmaps its code", async () => {
    const { stdout } = await runModule(`
      const device = await currentDevice();
      const before = mapped();
      await train(device);
      const loaded = mapped();
      await device.close();
      console.log(loaded > before, mapped() <= before);
    `);
    expect(stdout).toBe("true true\n");
  });

  test("the code of programs that left the cache and were collected is unmapped", async () => {
    const { stdout } = await runModule(
      `
      import { input } from ${source("../../graph/program.ts")};
      import { add } from ${source("../../ops/binary/add.ts")};
      const device = await currentDevice();
      const store = device.createStore();
      for (let size = 1; size <= 150; size++) {
        const x = input("x", { shape: [size], dtype: "float32" });
        const executable = await device.load({ inputs: { x }, outputs: { sum: add(x, x) }, updates: [] });
        await executable.run(store, [{ x: new Float32Array(size) }]);
      }
      const most = mapped();
      for (let turn = 0; turn < 10; turn++) {
        gc();
        await new Promise((resume) => setTimeout(resume, 20));
      }
      console.log(mapped() < 0.8 * most);
    `,
      ["--expose-gc"],
    );
    expect(stdout).toBe("true\n");
  });
});

test.skipIf(!canRunX64("avx2") || canRunX64("avx512"))("AVX-512 is refused where there is none", async () => {
  const device = createCpuDevice({ kind: "x64", instructions: "avx512", toolchain: compilerToolchain });
  expect(await device.refusal()).toBe("the processor or the system has no AVX-512");
  await device.close();
});

test("memory of the worker's own is no place for machine code", async () => {
  const device = createCpuDevice({ kind: "x64", shared: false, threads: 1, toolchain: compilerToolchain });
  expect(await device.refusal()).toBe("memory cannot be shared between threads");
});
