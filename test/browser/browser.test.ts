import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildBundledPage, buildPlainPage } from "./build-page.ts";
import { writeDigits } from "./digits-files.ts";
import { type BrowserName, findBrowser } from "./find-browser.ts";
import { openPage } from "./open-page.ts";
import { serveFolder } from "./serve-folder.ts";
import type { TrainingReport } from "./train-on-digits.ts";

const folder = mkdtempSync(join(tmpdir(), "tilework-browser-"));
const bundled = join(folder, "bundled");
const plain = join(folder, "plain");
const digits = 328;
const steps = 22;
let importMapSource: string;

beforeAll(async () => {
  await buildBundledPage(bundled);
  importMapSource = await buildPlainPage(plain);
  for (const page of [bundled, plain]) writeDigits(page, digits);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inNode = new Map<string, Promise<TrainingReport>>();

/** What Node's wasm device makes of the same training, with or without relaxed SIMD. */
function trainInNode(relaxedSimd: boolean): Promise<TrainingReport> {
  const variant = relaxedSimd ? "relaxed" : "strict";
  const known = inNode.get(variant);
  if (known !== undefined) return known;
  const command = [join(import.meta.dirname, "train-in-node.ts"), bundled, variant];
  const report = promisify(execFile)(process.execPath, command).then(
    ({ stdout }) => JSON.parse(stdout) as TrainingReport,
  );
  inNode.set(variant, report);
  return report;
}

test("Node without relaxed SIMD trains to losses that differ in the last bits only", async () => {
  const [relaxed, strict] = await Promise.all([trainInNode(true), trainInNode(false)]);
  expect(strict.losses).not.toEqual(relaxed.losses);
  strict.losses.forEach((loss, step) => {
    expect(loss).toBeCloseTo(relaxed.losses[step]!, 3);
  });
});

const browsers: readonly BrowserName[] = ["chrome", "firefox"];

describe.each(browsers)("%s", (browser) => {
  const program = findBrowser(browser);
  const absent = program === undefined && process.env.TILEWORK_REQUIRE_BROWSERS !== "1";

  test.skipIf(absent).for([
    ["a bundled page with cross-origin isolation trains in two workers", "bundled", true],
    ["a bundled page without it trains in one worker and says why, once", "bundled", false],
    ["a page of plain modules with an import map trains as well", "plain", true],
  ] as const)("%s", async ([, form, isolated]) => {
    expect(program, `${browser} is not installed`).toBeDefined();
    const scriptSources = form === "plain" ? [importMapSource] : [];
    await using server = await serveFolder(join(folder, form), { isolated, scriptSources });
    const { report, complaints } = await openPage(browser, program!, server.url);
    expect(report.violations).toEqual([]);
    expect(report.isolated).toBe(isolated);
    expect([report.training.device, report.training.threads]).toEqual(["wasm", isolated ? 2 : 1]);
    expect(complaints).toEqual(isolated ? [] : [expect.stringContaining("runs in one worker")]);
    const node = await trainInNode(report.relaxedSimd);
    expect(report.training.losses).toHaveLength(steps);
    expect(report.training.losses).toEqual(node.losses);
    expect(report.training.probabilities).toEqual(node.probabilities);
    expect(report.ticks).toBeGreaterThan(5);
    expect(report.longestGap).toBeLessThan(1000);
  });
});
