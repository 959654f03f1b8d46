import { expect, test } from "vitest";
import { kerasCases } from "../../testing/training-data.ts";
import { formatMetric, formatRemaining, formatStepTime, ProgressBar } from "./progress-bar.ts";

interface ProgressCase {
  readonly name: string;
  readonly target: number | null;
  readonly verbose: 1 | 2;
  readonly terminal: boolean;
  readonly updates: readonly {
    readonly step: number;
    readonly now: number;
    readonly values: Readonly<Record<string, number | string>>;
    readonly last: boolean;
  }[];
  readonly printed: string;
}

const fromPython = (value: number | string): number =>
  typeof value === "number" ? value : Number(value.replace("inf", "Infinity"));

test.each(kerasCases<ProgressCase>("progress.json"))(
  "prints Keras's line character for character: $name",
  ({ target, verbose, terminal, updates, printed }) => {
    let now = 0;
    let text = "";
    const output = { isTTY: terminal, write: (part: string) => void (text += part) };
    const bar = new ProgressBar({ target: target ?? undefined, verbose, output, now: () => now });
    for (const update of updates) {
      now = update.now;
      const values = Object.entries(update.values).map(([name, value]) => [name, fromPython(value)]);
      bar.update(update.step, Object.fromEntries(values), update.last);
    }
    expect(text).toBe(printed);
  },
);

test("redraws at most every 50 ms", () => {
  let now = 0;
  let draws = 0;
  const output = { isTTY: true, write: () => void draws++ };
  const bar = new ProgressBar({ target: 100, verbose: 1, output, now: () => now });
  for (let step = 1; step <= 100; step++) {
    now = step * 0.01;
    bar.update(step, {}, step === 100);
  }
  expect(draws).toBeGreaterThan(15);
  expect(draws).toBeLessThanOrEqual(21);
});

test.each([
  [0.95123, "0.9512"],
  [0.001, "1.0000e-03"],
  [-0.0005, "-5.0000e-04"],
  [0, "0.0000e+00"],
  [1234.5, "1234.5000"],
])("shows %d as %s", (value, text) => {
  expect(formatMetric(value)).toBe(text);
});

test.each([
  [59.9, "59s"],
  [61, "1:01"],
  [3725, "1:02:05"],
])("shows %d seconds to go as %s", (seconds, text) => {
  expect(formatRemaining(seconds)).toBe(text);
});

test.each([
  [0, "0s/step"],
  [1.5, "2s/step"],
  [2.5, "2s/step"],
  [0.0081, "8ms/step"],
  [0.00048, "480us/step"],
])("shows a step of %d seconds as %s", (seconds, text) => {
  expect(formatStepTime(seconds)).toBe(text);
});
