/** What only a process of its own can show: that it ends by itself, and that collected memory comes back. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const prelude = `
  import { createCpuDevice } from ${JSON.stringify(new URL("./device.ts", import.meta.url).href)};
  import { handMade } from ${JSON.stringify(new URL("../../testing/hand-made-plan.ts", import.meta.url).href)};
  const { program, weight, toolchain } = handMade(4096);
  const device = createCpuDevice({ kind: "wasm", threads: 2, soloMicroseconds: 0, toolchain });
  const x = new Float32Array(4096);
  async function runOnce() {
    const store = device.createStore();
    store.add([{ variable: weight, data: x }]);
    const source = device.createSource(x, 4096, "float32");
    const executable = await device.load(program);
    await executable.run(store, [{ x: { source, rows: Uint32Array.of(0) } }]);
  }
`;

/** Runs a module on this Node; gives what it printed. Fails when it does not end by itself within the time. */
async function runModule(
  code: string,
  flags: readonly string[] = [],
): Promise<{ stdout: string; stderr: string }> {
  const command = [...flags, "--input-type=module", "--eval", prelude + code];
  return promisify(execFile)(process.execPath, command, {
    timeout: 30_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
}

test("a program whose last line has run ends by itself, without warnings", async () => {
  const { stdout, stderr } = await runModule(`await runOnce(); console.log("done");`);
  expect(stdout).toBe("done\n");
  expect(stderr).toBe("");
});

test("a program stays alive until a run that nobody else keeps alive is done", async () => {
  const { stdout } = await runModule(`runOnce().then(() => console.log("done"));`);
  expect(stdout).toBe("done\n");
});

test("process.exit in the middle of a run ends the process", async () => {
  const { stdout } = await runModule(`
    const store = device.createStore();
    store.add([{ variable: weight, data: x }]);
    const executable = await device.load(program);
    executable.run(store, Array.from({ length: 2000 }, () => ({ x })));
    setTimeout(() => { console.log("exits"); process.exit(0); }, 5);
  `);
  expect(stdout).toBe("exits\n");
});

test("the memory of collected stores and sources comes back", async () => {
  const { stdout } = await runModule(
    `
    const settle = async () => {
      for (let turn = 0; turn < 5; turn++) {
        gc();
        await new Promise((resume) => setTimeout(resume, 20));
      }
    };
    await runOnce();
    await settle();
    const before = device.memoryInUse;
    for (let turn = 0; turn < 10; turn++) await runOnce();
    const most = device.memoryInUse;
    await settle();
    console.log(JSON.stringify([most > before, device.memoryInUse <= before]));
  `,
    ["--expose-gc"],
  );
  expect(stdout).toBe("[true,true]\n");
});
