import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import * as tilework from "../../../index.ts";
import { summaryLines } from "./summary.ts";

const {
  add,
  averagePooling2d,
  batchNormalization,
  clearSession,
  concatenate,
  conv2d,
  dense,
  flatten,
  globalAveragePooling2d,
  input,
  maxPooling2d,
  model,
  relu,
  sequential,
} = tilework;

interface SummaryCase {
  readonly model: keyof typeof models;
  readonly options: tilework.SummaryOptions;
  readonly lines: readonly string[];
}

const fixture = new URL("../../../../fixtures/keras/summary.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, "utf8")) as { cases: SummaryCase[] };

/** The models of tools/goldens/summary.py. */
const models = {
  network1: () =>
    sequential([
      conv2d(32, [3, 3], { activation: "relu", inputShape: [28, 28, 1] }),
      maxPooling2d([2, 2]),
      conv2d(64, [3, 3], { activation: "relu" }),
      maxPooling2d([2, 2]),
      flatten(),
      dense(10, { activation: "softmax" }),
    ]),
  network1_trained: () => models.network1(),
  network2: () =>
    sequential([
      conv2d(16, [5, 5], { activation: "relu", inputShape: [32, 32, 3] }),
      averagePooling2d([3, 3], { strides: [2, 2] }),
      conv2d(32, [3, 3], { activation: "relu" }),
      averagePooling2d([2, 2], { strides: [1, 1], padding: "same" }),
      flatten(),
      dense(10, { activation: "softmax" }),
    ]),
  network3: () =>
    sequential([
      input([64, 64, 3]),
      conv2d(64, [3, 3], { activation: "relu" }),
      conv2d(128, [3, 3], { activation: "relu" }),
      globalAveragePooling2d(),
      dense(10, { activation: "softmax" }),
    ]),
  long_names: () => {
    const layers = [
      conv2d(32, 3, {
        name: "a_very_long_layer_name_that_must_wrap_somewhere_in_the_cell",
        inputShape: [28, 28, 1],
      }),
      batchNormalization(),
      flatten(),
      dense(10, { name: "short" }),
    ];
    const stack = sequential(layers, { name: "my[model]" });
    layers[0]!.trainable = false;
    return stack;
  },
  unbuilt: () => sequential([dense(4), dense(2)], { name: "waiting" }),
  large: () => sequential([dense(20000, { inputShape: [20000] })]),
  chain: () => {
    const images = input([8, 8, 3], { name: "images" });
    const x = flatten().apply(conv2d(4, 3).apply(images));
    return model(images, dense(2).apply(x), { name: "chain" });
  },
  residual: () => {
    const images = input([32, 32, 3], { name: "images" });
    const shortcut = conv2d(16, 3, { padding: "same", activation: "relu" }).apply(images);
    let x = conv2d(16, 3, { padding: "same" }).apply(shortcut);
    x = batchNormalization().apply(x);
    x = add().apply([x, shortcut]);
    x = globalAveragePooling2d().apply(relu().apply(x));
    return model(images, dense(10, { activation: "softmax" }).apply(x), { name: "residual" });
  },
  several: () => {
    const left = input([8], { name: "left" });
    const right = input([8], { name: "right" });
    const shared = dense(4, { name: "shared" });
    const both = concatenate({ name: "both" }).apply([shared.apply(left), shared.apply(right)]);
    const first = dense(1, { name: "first" }).apply(both);
    const second = dense(3, { activation: "softmax", name: "second" }).apply(both);
    return model([left, right], [first, second], { name: "several" });
  },
  nested: () => {
    const innerInput = input([4], { name: "inner_input" });
    const inner = model(innerInput, dense(3, { name: "inner_dense" }).apply(innerInput), { name: "inner" });
    const stack = sequential([input([3]), dense(5, { name: "stack_dense" })], { name: "stack" });
    const x = input([4], { name: "x" });
    const y = stack.apply(inner.apply(x));
    return model(x, dense(1, { name: "last" }).apply(y), { name: "outer" });
  },
};

beforeEach(() => clearSession());

describe("summary reads like Keras's", () => {
  const untrained = cases.filter((one) => one.model !== "network1_trained");
  test.each(untrained)("$model $options", ({ model: name, options, lines }) => {
    const built = models[name]();
    const printed: string[] = [];
    const lineLength = options.lineLength ?? naturalLength(lines);
    built.summary({ ...options, lineLength, printFn: (line) => printed.push(line) });
    expect(printed).toEqual(lines);
  });

  test("with the optimizer's numbers once there are any", () => {
    const { lines } = cases.find((one) => one.model === "network1_trained")!;
    const network = models.network1();
    const layout = { lineLength: undefined, terminalColumns: 200, expandNested: false, showTrainable: false };
    const shown = {
      name: network.name,
      layers: network.layers,
      trainableWeights: network.trainableWeights,
      nonTrainableWeights: network.nonTrainableWeights,
      graph: undefined,
      optimizerParams: 69_654,
    };
    expect(summaryLines(shown, layout)).toEqual(lines);
  });

  test("in a narrow terminal it leaves four columns free", () => {
    const shown = {
      name: "stack",
      layers: models.network1().layers,
      trainableWeights: [],
      nonTrainableWeights: [],
      graph: undefined,
      optimizerParams: undefined,
    };
    const layout = { lineLength: undefined, terminalColumns: 80, expandNested: false, showTrainable: false };
    expect(summaryLines(shown, layout)[1]).toBe(`┏${"━".repeat(33)}┳${"━".repeat(24)}┳${"━".repeat(15)}┓`);
  });
});

/** The width that Keras chose itself, which ours must choose too where the terminal is wide. */
function naturalLength(lines: readonly string[]): number {
  return lines[1]!.length;
}

test("a width that cannot hold the columns is refused", () => {
  expect(() => models.network1().summary({ lineLength: 9, printFn: () => {} })).toThrow(
    "lineLength: 9 characters are too few for 3 columns",
  );
});
