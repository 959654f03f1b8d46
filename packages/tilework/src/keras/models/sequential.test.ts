import { beforeEach, expect, test } from "vitest";
import {
  add,
  clearSession,
  conv2d,
  dense,
  flatten,
  input,
  inputLayer,
  maxPooling2d,
  Sequential,
  sequential,
} from "../../index.ts";

beforeEach(() => clearSession());

test("the input shape may come from the first layer, from input(shape), or from an input layer", () => {
  const ways = [
    sequential([dense(2, { inputShape: [3] })]),
    sequential([dense(2, { batchInputShape: [null, 3] })]),
    sequential([input([3]), dense(2)]),
    sequential([inputLayer({ inputShape: [3] }), dense(2)]),
    sequential({ layers: [dense(2, { inputShape: [3] })] }),
  ];
  for (const model of ways) {
    expect(model.inputShape).toEqual([null, 3]);
    expect(model.outputShape).toEqual([null, 2]);
    expect(model.layers.map((layer) => layer.className)).toEqual(["Dense"]);
    expect(model.built).toBe(true);
  }
});

test("names are counted as Keras counts them, or given", () => {
  expect([sequential().name, sequential().name, sequential([], { name: "mine" }).name]).toEqual([
    "sequential",
    "sequential_1",
    "mine",
  ]);
});

test("layers are added and taken off one by one", () => {
  const model = sequential();
  expect(model.add(conv2d(4, 3, { inputShape: [8, 8, 1] })).add(flatten())).toBe(model);
  expect(model.outputShape).toEqual([null, 144]);
  model.add(dense(2));
  expect(model.outputShape).toEqual([null, 2]);
  const taken = model.pop();
  expect(taken.className).toBe("Dense");
  expect(taken.inboundNodes).toEqual([]);
  expect(model.outputShape).toEqual([null, 144]);
  model.add(taken);
  expect(model.outputShape).toEqual([null, 2]);
  expect(model.countParams()).toBe(4 * 9 + 4 + 144 * 2 + 2);
});

test("without an input shape it waits for data", () => {
  const model = sequential([flatten(), dense(2)]);
  expect(model.built).toBe(false);
  expect(model.weights).toEqual([]);
  expect(model.layers.length).toBe(2);
  expect(model.inputShape).toBe(undefined);
  expect(() => model.inputs).toThrow(
    "sequential: its input shape is not known yet; give the first layer inputShape, put input(shape) first, or fit it on data",
  );
  expect(() => model.countParams()).toThrow("its input shape is not known");
  model.buildFor([[32, 4, 3]]);
  expect(model.inputShape).toEqual([null, 4, 3]);
  expect(model.countParams()).toBe(26);
  expect(() => model.buildFor([[32, 4, 4]])).toThrow(
    'its input "input_layer" has shape (None, 4, 3), got (32, 4, 4)',
  );
});

test("data that do not fit a waiting stack change nothing", () => {
  const model = sequential([maxPooling2d(2), maxPooling2d(2)]);
  expect(() => model.buildFor([[1, 2, 2, 1]])).toThrow("max_pooling2d_1: a 2x2 window");
  expect(model.built).toBe(false);
  expect(model.layers.map((layer) => layer.inboundNodes.length)).toEqual([0, 0]);
  model.buildFor([[1, 4, 4, 1]]);
  expect(model.outputShape).toEqual([null, 1, 1, 1]);
});

test("a layer that does not fit is refused when it is added, and nothing changes", () => {
  const model = sequential([maxPooling2d(2, { inputShape: [3, 3, 1] })]);
  expect(() => model.add(maxPooling2d(2))).toThrow(
    'max_pooling2d_1: a 2x2 window with padding "valid" does not fit its 1x1 input; ' +
      'use padding: "same", a smaller poolSize, or fewer pooling layers before it',
  );
  expect(model.layers.length).toBe(1);
  expect(model.outputShape).toEqual([null, 1, 1, 1]);
  model.add(flatten());
  expect(model.outputShape).toEqual([null, 1]);
});

test.each<[string, () => unknown, string]>([
  [
    "a name twice",
    () => sequential([dense(2, { name: "a" }), dense(2, { name: "a" })]),
    'already has a layer called "a"',
  ],
  [
    "what is no layer",
    () => sequential([dense(2), "relu" as never]),
    'expected a layer, such as dense(10), got "relu"',
  ],
  ["layers that are no array", () => sequential(dense(2) as never), "layers must be an array of layers"],
  [
    "an input in the middle",
    () => sequential([dense(2), input([3])]),
    "gives the input shape, so it must stand first",
  ],
  [
    "a layer's result",
    () => sequential([dense(2).apply(input([3]))]),
    "only input(shape) may stand in the list",
  ],
  ["nothing to take off", () => sequential().pop(), "has no layer to take off"],
  [
    "an unknown option",
    () => sequential([], { nam: "x" } as never),
    'has no option "nam"; did you mean "name"?',
  ],
  ["a merging layer", () => sequential([add({ inputShape: [3] })]), "adds two tensors or more, got 1"],
])("%s is refused", (_, make, message) => {
  expect(make).toThrow(message);
});

test("a stack inside a stack is a layer like others", () => {
  const inner = sequential([dense(4, { inputShape: [3] }), dense(5)], { name: "inner" });
  const outer = sequential([inner, dense(2)]);
  expect(outer.inputShape).toEqual([null, 3]);
  expect(outer.outputShape).toEqual([null, 2]);
  expect(outer.weights.map(({ path }) => path)).toEqual([
    "dense/kernel",
    "dense/bias",
    "dense_1/kernel",
    "dense_1/bias",
    "dense_2/kernel",
    "dense_2/bias",
  ]);
  expect(outer).toBeInstanceOf(Sequential);
});

test("a waiting stack inside a stack waits with it", () => {
  const outer = sequential([sequential([dense(4)]), dense(2)]);
  outer.buildFor([[7, 3]]);
  expect(outer.countParams()).toBe(3 * 4 + 4 + 4 * 2 + 2);
});

test("layers are found by name and place", () => {
  const model = sequential([dense(4, { inputShape: [3], name: "first" }), dense(5, { name: "second" })]);
  expect(model.getLayer("second")).toBe(model.layers[1]);
  expect(model.getLayer(0).name).toBe("first");
  expect(() => model.getLayer("secnd")).toThrow('sequential: has no layer "secnd"; did you mean "second"?');
  expect(() => model.getLayer(2)).toThrow("has 2 layers, 0 to 1 or -2 to -1; there is none at 2");
  expect(model.getLayer(-1)).toBe(model.layers[1]);
});
