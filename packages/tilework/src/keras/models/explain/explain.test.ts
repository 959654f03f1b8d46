import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configure } from "../../../runtime/configure.ts";
import { resnet20 } from "../../../testing/deep-networks.ts";
import { threeNetworks } from "../../../testing/three-networks.ts";
import { conv2d } from "../../layers/convolutional/conv-2d.ts";
import { globalAveragePooling2d } from "../../layers/pooling/global-average-pooling-2d.ts";
import type { Model } from "../model.ts";
import { type Sequential, sequential } from "../sequential.ts";

/** More than two cores of any processor do. */
const mostGigaflopASecond = 1000;

afterAll(() => configure({}));

function compiledNetwork(number: 1 | 2 | 3): Sequential {
  const model = threeNetworks[number].make();
  model.compile({ optimizer: "adam", loss: threeNetworks[number].loss, metrics: ["accuracy"] });
  return model;
}

/** The cells of the table's rows, lines of one row joined. */
function rowsOf(lines: readonly string[]): string[][] {
  const rows: string[][] = [];
  for (const line of lines.filter((each) => each.startsWith("│"))) {
    const cells = line.split("│").slice(1, -1);
    if (cells[0]!.trim() !== "") rows.push(cells.map((cell) => cell.trim()));
    else for (const [at, cell] of cells.entries()) rows.at(-1)![at] += ` ${cell.trim()}`;
  }
  return rows.map((row) => row.map((cell) => cell.trim()));
}

interface Rectangle {
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
  readonly color: string;
  readonly text: string;
}

/** What the page draws, in percent of its drawings. */
function rectanglesOf(page: string): Rectangle[] {
  const one =
    /buffer" tabindex="0" style="left: ([\d.]+)%; bottom: ([\d.]+)%; width: ([\d.]+)%; height: ([\d.]+)%; background: (#\w+)">(?:<b>[^<]*<\/b>)?<span>([^<]*)</g;
  return [...page.matchAll(one)].map(([, left, bottom, width, height, color, text]) => ({
    left: Number(left),
    bottom: Number(bottom),
    width: Number(width),
    height: Number(height),
    color: color!,
    text: text!,
  }));
}

async function explained(model: Model, options: object): Promise<{ lines: string[]; text: string }> {
  const lines: string[] = [];
  const given = await model.explain({ ...options, printFn: (line) => void lines.push(line) });
  expect(given).toBeUndefined();
  return { lines, text: lines.join("\n") };
}

describe.each(["wasm", "x64"] as const)("on %s", (device) => {
  beforeAll(() => configure({ device: device === "x64" ? "auto" : device, threads: 2 }));

  test.each([1, 2, 3] as const)(
    "every kernel of network %d's training step names its layers",
    async (number) => {
      const model = compiledNetwork(number);
      const { lines } = await explained(model, { batchSize: 4, lineLength: 140 });
      expect(lines[0]).toContain(`"${model.name}": training step, batch size 4`);
      const known = [...model.layers.map((layer) => layer.name), "loss", "metrics", "optimizer"];
      const named = new Set(rowsOf(lines).flatMap((row) => row[1]!.split(", ")));
      expect([...named].filter((name) => !known.includes(name))).toEqual([]);
      const computing = model.layers.filter((layer) => !layer.name.startsWith("flatten"));
      for (const layer of computing) expect(named).toContain(layer.name);
      expect(named).toContain("loss");
      for (const part of ["metrics", "optimizer"]) expect(named).toContain(part);
    },
  );

  test.each(["train", "test", "predict"] as const)(
    "so does every kernel of a ResNet's %s step",
    async (mode) => {
      const model = resnet20();
      model.compile({ optimizer: "adam", loss: "categorical_crossentropy", metrics: ["accuracy"] });
      const { lines } = await explained(model, { batchSize: 2, mode, detail: "kernels", lineLength: 200 });
      const known = [...model.layers.map((layer) => layer.name), "loss", "metrics", "optimizer"];
      const unknown = rowsOf(lines).filter((row) =>
        row[1]!.split(", ").some((name) => !known.includes(name)),
      );
      expect(unknown).toEqual([]);
    },
  );

  test("preparations of weights are told apart from a step's kernels", async () => {
    const model = compiledNetwork(1);
    const { lines } = await explained(model, {
      batchSize: 32,
      mode: "predict",
      measure: true,
      lineLength: 140,
    });
    const rows = rowsOf(lines);
    const once = rows.filter(([stage]) => stage!.endsWith("once"));
    expect(once.length).toBeGreaterThan(0);
    expect(once.every((row) => row[7] === "" && Number(row[6]) >= 0)).toBe(true);
    const line = lines.find((each) => each.startsWith("Preparations:"));
    expect(line).toMatch(
      new RegExp(`^Preparations: ${once.length} kernels? in \\d stages?, which run only when`),
    );
    expect(lines.find((each) => each.startsWith("Kernels:"))).toContain(`${rows.length - once.length} in `);
    const training = await explained(model, { batchSize: 32 });
    expect(training.text).not.toContain("Preparations");
  });

  test("measuring adds a time to every kernel and leaves weights and optimizer as they were", async () => {
    const model = compiledNetwork(2);
    const before = await model.getWeights();
    const { lines } = await explained(model, { batchSize: 32, measure: true });
    const rows = rowsOf(lines);
    expect(rows.every((row) => row.length === 8 && Number(row[6]) >= 0)).toBe(true);
    const shares = rows.reduce((sum, row) => sum + Number.parseFloat(row[7]!), 0);
    expect(Math.abs(shares - 100)).toBeLessThan(0.06 * rows.length);
    expect(lines.find((line) => line.startsWith("Time:"))).toMatch(/[\d.]+ [mµ]s a step, .* GFLOP\/s/);
    const megaflop = Number(/([\d.]+) MFLOP/.exec(lines.find((line) => line.startsWith("Kernels:"))!)![1]);
    const [, time, unit] = /kernel by kernel ([\d.]+) ([mµ])s/.exec(lines.join(" "))!;
    expect(megaflop / (unit === "m" ? Number(time) : Number(time) / 1000)).toBeLessThan(mostGigaflopASecond);
    const after = await model.getWeights();
    expect(after.map((weight) => [...weight.data])).toEqual(before.map((weight) => [...weight.data]));
    expect(model.optimizer.iterations).toBe(0);
  });
});

describe("reports", () => {
  beforeAll(() => configure({ device: "wasm", threads: 2 }));

  test("the operations of a convolution are those of its definition, and its fused parts stand beside it", async () => {
    const model = sequential([
      conv2d(8, [3, 3], { activation: "relu", name: "only", inputShape: [10, 10, 4] }),
    ]);
    const { lines } = await explained(model, { batchSize: 5 });
    const [row] = rowsOf(lines).filter((cells) => cells[2]!.startsWith("convolution"));
    const products = 5 * 8 * 8 * 9 * 4 * 8;
    const biasAndRelu = 2 * 5 * 8 * 8 * 8;
    expect(row![1]).toBe("only");
    expect(row![2]).toBe("convolution + add + relu");
    expect(row![3]).toBe(`${((2 * products + biasAndRelu) / 1000).toPrecision(3)} k`);
    const parameterBytes = 4 * (9 * 4 * 8 + 8);
    expect(lines.find((line) => line.startsWith("Parameters:"))).toContain(
      `${(parameterBytes / 1024).toFixed(2)} KB, optimizer: 0 B`,
    );
  });

  test("the page needs nothing from elsewhere and draws one rectangle a buffer, with layer and size", async () => {
    const model = compiledNetwork(1);
    const printed: string[] = [];
    const page = await model.explain({
      batchSize: 4,
      format: "html",
      printFn: (line) => void printed.push(line),
    });
    expect(printed).toEqual([]);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/https?:|<script|<link|src=|url\(/);
    const rectangles = rectanglesOf(page);
    expect(rectangles.length).toBeGreaterThan(10);
    for (const { left, bottom, width, height, text } of rectangles) {
      expect(text).toMatch(/^.+, [\d.]+ K?M?B at .*, stages? \d+/);
      expect(Math.min(left, bottom)).toBeGreaterThanOrEqual(0);
      expect(width).toBeGreaterThan(0);
      expect(Math.max(left + width, bottom + height)).toBeLessThanOrEqual(100.01);
    }
    for (const name of ["conv2d", "input data, ", "labels, "])
      expect(rectangles.some(({ text }) => text.startsWith(name))).toBe(true);
  });

  test("however many layers a model has, a page has at most twelve colors, each with a name", async () => {
    const model = resnet20();
    model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
    const page = await model.explain({ batchSize: 2, format: "html" });
    const legend = new Map(
      [...page.matchAll(/<i style="background: (#\w+)"><\/i>([^<]*)<\/td>/g)].map(([, color, name]) => [
        name!,
        color!,
      ]),
    );
    const kinds = ["Conv2D", "BatchNormalization", "Dense", "inputs of the step", "loss and metrics"];
    expect([...legend.keys()]).toEqual(expect.arrayContaining(kinds));
    const drawn = new Set(rectanglesOf(page).map(({ color }) => color));
    expect(drawn.size).toBeLessThanOrEqual(12);
    const named = new Set(legend.values());
    expect([...drawn].filter((color) => !named.has(color))).toEqual([]);
    expect(page).toMatch(/peak: [\d.]+ MB in stage \d+/);
  });

  test("weights that are prepared once have a drawing of their own, as large as what is reported", async () => {
    const page = await compiledNetwork(1).explain({ batchSize: 32, mode: "predict", format: "html" });
    const [, bytes] = /<h2>Prepared weights: ([\d.]+ K?M?B)<\/h2>/.exec(page)!;
    expect(page).toContain(`leave ${bytes} for all steps`);
    const kept = rectanglesOf(page).filter(({ text }) => text.endsWith("kept for all steps"));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.reduce((sum, { height }) => sum + height, 0)).toBeCloseTo(100, 1);
    const training = await compiledNetwork(1).explain({ batchSize: 32, format: "html" });
    expect(training).not.toContain("Prepared weights");
  });

  test("evaluation folds BatchNormalization into convolutions once, as prediction does", async () => {
    const model = resnet20();
    model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
    for (const mode of ["test", "predict"]) {
      const { lines } = await explained(model, { batchSize: 2, mode, detail: "kernels", lineLength: 200 });
      const normalizing = rowsOf(lines).filter((row) => row[1]!.includes("batch_normalization"));
      expect(normalizing.length).toBeGreaterThan(0);
      expect(normalizing.filter(([stage]) => !stage!.endsWith("once"))).toEqual([]);
    }
  });

  test("a step of many kernels has one row a layer, with the sums of its kernels", async () => {
    const model = resnet20();
    model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
    const short = await explained(model, { batchSize: 2, lineLength: 140 });
    const kernels = rowsOf(
      (await explained(model, { batchSize: 2, detail: "kernels", lineLength: 200 })).lines,
    );
    const rows = rowsOf(short.lines);
    expect(kernels.length).toBeGreaterThan(100);
    expect(rows.length).toBeLessThan(80);
    expect(rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(kernels.length);
    const [layer] = rows.find(([name]) => name!.startsWith("conv2d") && !name!.includes("("))!;
    const own = kernels.filter((row) => row[1]!.split(", ")[0] === layer);
    expect(rows.find((row) => row[0] === layer)![1]).toBe(String(own.length));
    expect(short.text).toContain(`explain({ detail: "kernels" }) shows each of the ${kernels.length}`);
    const mentioned = rows.flatMap((row) => row[0]!.split(/ \(with |, |\)/));
    const working = model.layers.slice(1).map(({ name }) => name);
    expect(mentioned).toEqual(expect.arrayContaining([...working, "loss"]));
  });

  test("without a loss the prediction step is explained", async () => {
    const { lines } = await explained(threeNetworks[1].make(), { batchSize: 1 });
    expect(lines[0]).toContain("prediction step, batch size 1");
  });

  test("data seen before decide what the step is fed with", async () => {
    const model = sequential([conv2d(2, 1, { inputShape: [4, 4, 1] }), globalAveragePooling2d()]);
    const floats = (await explained(model, {})).text;
    await model.predict({ data: new Uint8Array(16), shape: [1, 4, 4, 1] });
    const bytes = (await explained(model, {})).text;
    const inputBytes = (text: string): string => /input data, ([\d.]+ K?B)/.exec(text)![1]!;
    expect(inputBytes(floats)).toBe("2.00 KB");
    expect(inputBytes(bytes)).toBe("512 B");
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ["an unknown option", () => compiledNetwork(1).explain({ batch: 3 } as object), 'has no option "batch"'],
    [
      "a batch of none",
      () => compiledNetwork(1).explain({ batchSize: 0 }),
      "explain: batchSize must be a whole number of at least 1, got 0",
    ],
    [
      "a training step before compile",
      () => threeNetworks[1].make().explain({ mode: "train" }),
      "is not compiled; call model.compile",
    ],
    [
      "an input of unknown size",
      () =>
        sequential([
          conv2d(2, 3, { inputShape: [null, null, 1] as never }),
          globalAveragePooling2d(),
        ]).explain(),
      "give the input a fixed shape, or call fit, evaluate or predict once",
    ],
  ])("%s is refused", async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });

  test("without printing the text is given back", async () => {
    const model = threeNetworks[1].make();
    const printed: string[] = [];
    const text = await model.explain({ print: false, printFn: (line) => void printed.push(line) });
    expect(printed).toEqual([]);
    expect(text).toBe((await explained(model, {})).text);
    expect(text).toContain("device wasm (relaxed SIMD), 2 threads");
  });

  test("an optimizer's update is one thing, and what is repeated stands once", async () => {
    const { lines } = await explained(compiledNetwork(1), { lineLength: 200 });
    const updates = rowsOf(lines).filter(
      (row) => row[1]!.includes("optimizer") && !row[2]!.startsWith("copy"),
    );
    expect(updates.length).toBeGreaterThan(0);
    for (const row of updates) expect(row[2]).toMatch(/^([\w ]+( ×\d+)? \+ )?adam update$/i);
    for (const row of rowsOf(lines)) {
      const parts = row[2]!.split(" + ").map((part) => part.replace(/ ×\d+$/, ""));
      expect(parts).toEqual([...new Set(parts)]);
    }
    expect(rowsOf(lines).filter((row) => row[1] === "metrics").length).toBeGreaterThan(0);
  });

  test("the reference device says that it interprets, and how much", async () => {
    configure({ device: "reference" });
    const { lines, text } = await explained(compiledNetwork(1), {});
    expect(lines[0]).toContain("device reference, 1 thread");
    expect(text).toMatch(/interprets the step's \d+ operations .* no memory plan/);
    expect(text).toMatch(/Parameters: 136 KB/);
    expect(await compiledNetwork(1).explain({ format: "html" })).toContain("no memory plan");
  });
});
