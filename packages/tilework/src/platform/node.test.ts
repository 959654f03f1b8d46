import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { browserPlatform } from "./browser.ts";
import { platform } from "./current.ts";
import { nodePlatform } from "./node.ts";

test("this is Node, with at least one thread and shared memory", () => {
  expect(platform).toBe(nodePlatform);
  expect(platform.availableThreads).toBeGreaterThanOrEqual(1);
  expect(platform.sharedMemory).toBe(true);
});

test("environment variables are read when asked for", () => {
  vi.stubEnv("TILEWORK_TEST", "on");
  expect(platform.environment("TILEWORK_TEST")).toBe("on");
  vi.unstubAllEnvs();
  expect(platform.environment("TILEWORK_TEST")).toBeUndefined();
});

test("files are written and read as bytes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tilework-"));
  const path = join(folder, "bytes");
  await platform.writeFile(path, Uint8Array.of(1, 2, 255));
  expect([...(await platform.readFile(path))]).toEqual([1, 2, 255]);
  await rm(folder, { recursive: true });
});

test("a browser refuses paths and shares memory only where it is isolated", async () => {
  await expect(browserPlatform.readFile("model.keras")).rejects.toThrow(
    '"model.keras": a browser has no files by path; use bytes instead',
  );
  expect(browserPlatform.sharedMemory).toBe(false);
});

test.each([nodePlatform, browserPlatform])(
  "two turns let timers ring that are due: $name",
  async ({ turn }) => {
    let hasRung = false;
    setTimeout(() => {
      hasRung = true;
    }, 1);
    const due = performance.now() + 3;
    while (performance.now() < due);
    await turn();
    await turn();
    await turn();
    await turn();
    expect(hasRung).toBe(true);
  },
);
