import { beforeEach, describe, expect, test } from "vitest";
import { input as programInput } from "../../graph/program.ts";
import type { Node } from "../../graph/value.ts";
import {
  add,
  batchNormalization,
  clearSession,
  concatenate,
  conv2d,
  dense,
  dropout,
  input,
  type KerasTensor,
  Layer,
  model,
  ndarray,
  ShapeError,
  sequential,
  setRandomSeed,
} from "../../index.ts";
import { ReferenceStore } from "../../runtime/reference/store.ts";
import { TraceContext } from "../layers/call-context.ts";
import { Weight } from "../layers/weight.ts";

beforeEach(() => clearSession());

describe("a model of a graph", () => {
  test("takes tensors in order, or everything in one object", () => {
    const x = input([3]);
    const y = dense(2).apply(x);
    for (const made of [
      model(x, y),
      model([x], [y]),
      model({ inputs: x, outputs: y }),
      model({ inputs: [x], outputs: [y] }),
    ]) {
      expect(made.inputShape).toEqual([null, 3]);
      expect(made.outputShape).toEqual([null, 2]);
      expect(made.layers.map(({ name }) => name)).toEqual(["input_layer", "dense"]);
    }
    expect(model(x, y, { name: "mine" }).name).toBe("mine");
    expect(model({ inputs: x, outputs: y, name: "mine" }).name).toBe("mine");
  });

  test("lists layers as Keras does: by depth, then as the outputs meet them", () => {
    const left = input([3], { name: "left" });
    const right = input([4], { name: "right" });
    const a = dense(5, { name: "a" }).apply(left);
    const b = dense(5, { name: "b" }).apply(right);
    const c = dense(5, { name: "c" }).apply(b);
    const sum = add({ name: "sum" }).apply([a, c]);
    const made = model([left, right], [sum, b]);
    expect(made.layers.map(({ name }) => name)).toEqual(["right", "left", "b", "a", "c", "sum"]);
    expect(made.inputNames).toEqual(["left", "right"]);
    expect(made.outputNames).toEqual(["sum", "b"]);
    expect(made.outputShape).toEqual([
      [null, 5],
      [null, 5],
    ]);
  });

  test("shares the weights of a layer that is called twice", () => {
    const shared = dense(4);
    const left = input([3]);
    const right = input([3]);
    const made = model([left, right], concatenate().apply([shared.apply(left), shared.apply(right)]));
    expect(made.weights.map(({ name }) => name)).toEqual(["kernel", "bias"]);
    expect(made.countParams()).toBe(16);
    const reads = variablesRead(made.callAll(values(made.inputs), new TraceContext({ training: false })));
    expect(reads).toEqual(new Set(["dense/kernel", "dense/bias"]));
  });

  test("can be cut out of another, with the same weights", () => {
    const x = input([3]);
    const hidden = dense(4, { name: "hidden" }).apply(x);
    const whole = model(x, dense(2).apply(hidden));
    const part = model(x, hidden);
    expect(part.outputShape).toEqual([null, 4]);
    expect(part.weights).toEqual(whole.weights.slice(0, 2));
    const tail = model(hidden, whole.outputs[0]!);
    expect(tail.inputShape).toEqual([null, 4]);
    expect(tail.layers.map(({ className }) => className)).toEqual(["Dense"]);
  });

  test("keeps inputs that no output needs", () => {
    const x = input([3], { name: "x" });
    const idle = input([3], { name: "idle" });
    const made = model([x, idle], dense(2).apply(x));
    expect(made.layers.map(({ name }) => name)).toEqual(["x", "idle", "dense"]);
    expect(made.inputNames).toEqual(["x", "idle"]);
  });

  test("inside another model is a layer, traced each time it is called", () => {
    const x = input([3]);
    const inner = model(x, dense(3, { name: "core" }).apply(x), { name: "inner" });
    const outer = input([3]);
    const made = model(outer, inner.apply(inner.apply(outer)));
    expect(made.layers.map(({ name }) => name)).toEqual(["input_layer_1", "inner"]);
    expect(made.countParams()).toBe(12);
    const [y] = made.callAll(values(made.inputs), new TraceContext({ training: false }));
    expect(y!.node.origin).toBe("core");
    expect(y!.shape).toEqual([2, 3]);
  });

  test("with several outputs inside another gives them all", () => {
    const x = input([3]);
    const twins = model(x, [dense(1).apply(x), dense(2).apply(x)], { name: "twins" });
    const outputs = twins.applyAll(input([3]));
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [null, 1],
      [null, 2],
    ]);
    expect(() => twins.apply(input([3]))).toThrow("twins: has 2 outputs; use applyAll");
    expect(() => twins.apply(input([4]))).toThrow(
      'its input "input_layer" has shape (None, 3), got (None, 4)',
    );
    expect(() => twins.applyAll([input([3]), input([3])])).toThrow("expects 1 inputs, got 2");
  });
});

test.each<[string, () => unknown, string]>([
  [
    "a missing input",
    () => model(input([3]), dense(2).apply(input([3], { name: "other" }))),
    'the outputs need the input "other"',
  ],
  ["a name twice", () => twice(), 'two layers are called "same"'],
  ["no outputs", () => model(input([3]), undefined as never), "outputs are missing"],
  ["outputs that are layers", () => model(input([3]), dense(2) as never), "outputs must be symbolic tensors"],
  [
    "an unknown option",
    () => model({ input: input([3]) } as never),
    'has no option "input"; did you mean "inputs"?',
  ],
])("%s is refused", (_, make, message) => {
  expect(make).toThrow(message);
});

function twice(): unknown {
  const x = input([3]);
  return model(x, dense(2, { name: "same" }).apply(dense(2, { name: "same" }).apply(x)));
}

function values(tensors: readonly KerasTensor[]) {
  return tensors.map((tensor, i) =>
    programInput(`x${i}`, { shape: [2, ...(tensor.shape.slice(1) as number[])], dtype: "float32" }),
  );
}

function variablesRead(outputs: readonly { readonly node: Node }[]): Set<string> {
  const found = new Set<string>();
  const stack = outputs.map(({ node }) => node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.op.name === "read") found.add((node.attributes as { name: string }).name);
    stack.push(...node.inputs.map((value) => value.node));
  }
  return found;
}

describe("tracing", () => {
  test("names the layer on every node, updates of statistics too", () => {
    const made = sequential([dense(4, { inputShape: [3] }), batchNormalization(), dense(2)]);
    const context = new TraceContext({ training: true });
    const [y] = made.callAll(values(made.inputs), context);
    const origins = (node: Node): string[] =>
      node.op.name === "input"
        ? []
        : [String(node.origin), ...node.inputs.flatMap((value) => origins(value.node))];
    expect(new Set(origins(y!.node))).toEqual(new Set(["dense", "batch_normalization", "dense_1"]));
    expect([...context.updates.keys()].map(({ name }) => name)).toEqual(["moving_mean", "moving_variance"]);
    for (const update of context.updates.values()) expect(update.node.origin).toBe("batch_normalization");
  });

  test("dropout draws only in training, each call with a salt of its own", () => {
    const made = sequential([dropout(0.5, { inputShape: [3] }), dropout(0.5)]);
    const still = new TraceContext({ training: false });
    made.callAll(values(made.inputs), still);
    expect(still.usesSeed).toBe(false);
    const seed = programInput("seed", { shape: [2], dtype: "int32" });
    const context = new TraceContext({ training: true, seed });
    made.callAll(values(made.inputs), context);
    expect(context.usesSeed).toBe(true);
    expect(context.seed().salt).toBe(2);
    expect(() => made.callAll(values(made.inputs), new TraceContext({ training: true }))).toThrow(
      "without a seed",
    );
  });

  test("bytes are cast to the input's type", () => {
    const made = sequential([dense(2, { inputShape: [3] })]);
    const bytes = programInput("x", { shape: [2, 3], dtype: "uint8" });
    const [y] = made.callAll([bytes], new TraceContext({ training: false }));
    expect(y!.dtype).toBe("float32");
  });
});

describe("trainable", () => {
  test("freezes a layer, and all layers of a model", () => {
    const made = sequential([dense(4, { inputShape: [3] }), batchNormalization()]);
    expect(made.trainableWeights.map(({ name }) => name)).toEqual(["kernel", "bias", "gamma", "beta"]);
    expect(made.nonTrainableWeights.map(({ name }) => name)).toEqual(["moving_mean", "moving_variance"]);
    made.layers[0]!.trainable = false;
    expect(made.trainableWeights.map(({ name }) => name)).toEqual(["gamma", "beta"]);
    made.trainable = false;
    expect(made.trainableWeights).toEqual([]);
    expect(made.layers.map(({ trainable }) => trainable)).toEqual([false, false]);
    made.trainable = true;
    expect(made.trainableWeights.length).toBe(4);
    expect(() => {
      made.trainable = "no" as never;
    }).toThrow("sequential: trainable must be true or false, got no");
  });

  test("a frozen BatchNormalization uses its moving statistics in training", () => {
    const made = sequential([batchNormalization({ inputShape: [3], trainable: false })]);
    const context = new TraceContext({ training: true });
    made.callAll(values(made.inputs), context);
    expect(context.updates.size).toBe(0);
  });
});

describe("weights", () => {
  test("are the same for the same seed", async () => {
    const make = async () => {
      setRandomSeed(3);
      const made = sequential([dense(4, { inputShape: [3] }), dense(2)]);
      return (await made.getWeights()).map(({ data }) => [...data]);
    };
    expect(await make()).toEqual(await make());
  });

  test("of two layers differ", async () => {
    const made = sequential([dense(3, { inputShape: [3] }), dense(3)]);
    const [first, , second] = await made.getWeights();
    expect(first!.data).not.toEqual(second!.data);
  });

  test("that do not fit are refused, and none is changed", async () => {
    const made = sequential([dense(2, { inputShape: [3] })]);
    const before = await made.getWeights();
    await expect(made.setWeights([ndarray(new Float32Array(6), [3, 2]), [1, 2, 3]])).rejects.toThrow(
      "dense/bias: expected shape (2,), got (3,)",
    );
    expect(await made.getWeights()).toEqual(before);
  });

  test("move with their values from the host to a model's store, and on to another's", async () => {
    const layer = dense(2);
    layer.apply(input([3]));
    const kernel = ndarray([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    await layer.setWeights([kernel, [7, 8]]);
    const [first, second] = [new ReferenceStore(), new ReferenceStore()];
    await Weight.moveTo(first, layer.weights);
    expect(layer.weights.map(({ home }) => home)).toEqual([first, first]);
    expect((await layer.getWeights()).map((array) => array.toArray())).toEqual([kernel.toArray(), [7, 8]]);
    await layer.setWeights([kernel, [9, 10]]);
    await Weight.moveTo(second, layer.weights);
    await first.write([{ variable: layer.weights[1]!.variable, data: Float32Array.of(0, 0) }]);
    expect((await layer.getWeights())[1]!.toArray()).toEqual([9, 10]);
  });
});

test("sizes that only a step's trace knows are refused in the layer's name, inside other models too", () => {
  const image = programInput("x", { shape: [4, 2, 2, 1], dtype: "float32" });
  const inner = sequential([conv2d(1, 3, { name: "edges", inputShape: [null, null, 1] })], { name: "inner" });
  const traced = (made: Layer): unknown => made.callAll([image], new TraceContext({ training: false }));
  expect(() => traced(inner)).toThrow(/^edges: convolution: a 3x3 window/);
  const x = input([null, null, 1]);
  expect(() => traced(model(x, inner.apply(x)))).toThrow(/^inner: edges: convolution: a 3x3 window/);
  expect(() => traced(inner)).toThrow(ShapeError);
});

test("a layer of the user's own is traced, built and named like the others", () => {
  class Scale extends Layer {
    factor: Weight | undefined;

    override build(shape: readonly (number | null)[]): void {
      const initializer = dense(1).kernelInitializer;
      this.factor = this.addWeight({ name: "factor", shape: [shape.at(-1)!], initializer });
    }

    override call(x: Parameters<Layer["call"]>[0]): typeof x {
      return x;
    }
  }
  const made = sequential([new Scale({ inputShape: [3] })]);
  expect(made.layers[0]!.name).toBe("scale");
  expect(made.weights.map(({ path }) => path)).toEqual(["scale/factor"]);
  class Unfinished extends Layer {}
  expect(() =>
    sequential([new Unfinished({ inputShape: [3] })]).callAll(
      values([input([3])]),
      new TraceContext({ training: false }),
    ),
  ).toThrow("unfinished: its class Unfinished does not define call(input, context)");
});
