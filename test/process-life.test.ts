/** What users see of the process while and after it trains with the built package. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { machineNode } from "../scripts/run-command.ts";

const root = join(import.meta.dirname, "..");

const model = `
  import { configure, conv2d, dense, flatten, maxPooling2d, sequential } from "tilework";
  const model = sequential([
    conv2d(32, [3, 3], { activation: "relu", inputShape: [28, 28, 1] }),
    maxPooling2d([2, 2]),
    conv2d(64, [3, 3], { activation: "relu" }),
    maxPooling2d([2, 2]),
    flatten(),
    dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const count = 2048;
  const x = { data: Float32Array.from({ length: count * 784 }, (_, at) => Math.sin(at) ** 2), shape: [count, 28, 28, 1] };
  const y = Int32Array.from({ length: count }, (_, at) => at % 10);
`;

/** Runs a module to its end; fails when it does not end by itself within the time. */
function runModule(
  code: string,
  node: string = process.execPath,
): { readonly stdout: string; readonly stderr: string } {
  const { status, error, stdout, stderr } = spawnSync(node, ["--input-type=module", "--eval", model + code], {
    cwd: root,
    encoding: "utf8",
    timeout: 120_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  expect(error).toBeUndefined();
  expect(status, stderr).toBe(0);
  return { stdout, stderr };
}

test("a 10 ms timer goes on ticking while fit runs on all cores", () => {
  const { stdout } = runModule(`
    let [ticks, last, longestGap] = [0, performance.now(), 0];
    const tick = () => {
      const now = performance.now();
      longestGap = Math.max(longestGap, now - last);
      last = now;
      ticks++;
    };
    const timer = setInterval(tick, 10);
    const started = performance.now();
    await model.fit(x, y, { epochs: 3, verbose: 0 });
    tick();
    clearInterval(timer);
    console.log(JSON.stringify({ ticks, longestGap, took: performance.now() - started }));
  `);
  const { ticks, longestGap, took } = JSON.parse(stdout) as Record<"ticks" | "longestGap" | "took", number>;
  expect(longestGap).toBeLessThan(1000);
  expect(ticks).toBeGreaterThan(took / 100);
});

test("a program that has trained ends by itself, without a warning, and idle workers do not hold it", () => {
  const { stdout, stderr } = runModule(`
    configure({ threads: 3 });
    await model.fit(x, y, { verbose: 0, stepsPerEpoch: 4 });
    await model.predict(x, { verbose: 0, steps: 2 });
    console.log("last line");
  `);
  expect(stdout).toBe("last line\n");
  expect(stderr).toBe("");
});

test("training that nobody waits for is still finished before the program ends", () => {
  const { stdout } = runModule(`
    model.fit(x, y, { verbose: 0, stepsPerEpoch: 4 }).then(() => console.log("trained"));
  `);
  expect(stdout).toBe("trained\n");
});

test.each([
  ["the current Node", process.execPath],
  ["the machine's Node", machineNode()],
])("a program whose step was refused ends too: workers that never ran do not hold it (%s)", (_, node) => {
  const { stdout } = runModule(
    `
    configure({ device: "wasm", threads: 2, memoryLimit: 2 ** 21 });
    await model.predict(x, { verbose: 0, batchSize: count }).catch((error) => console.log(error.name));
    await new Promise((resume) => setTimeout(resume, 500));
  `,
    node,
  );
  expect(stdout).toBe("PlanMemoryError\n");
});
