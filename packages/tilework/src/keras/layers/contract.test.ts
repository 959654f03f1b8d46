import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { input as programInput } from "../../graph/program.ts";
import type { Node, Value } from "../../graph/value.ts";
import * as tilework from "../../index.ts";
import { evaluateReference } from "../../runtime/reference/evaluate.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { formulaInputs } from "../../testing/formula-data.ts";
import { layerOf } from "../../testing/layer-classes.ts";
import { layerContracts, publicClass, publicFactory } from "../../testing/layer-contract.ts";
import { getInitializer, serializeInitializer } from "../initializers/get-initializer.ts";
import { traceGraph } from "../models/trace-graph.ts";
import { TraceContext } from "./call-context.ts";
import { snakeCase } from "./class-name.ts";
import type { Layer } from "./layer.ts";

function symbolic(shapes: readonly Shape[], dtype: Dtype = "float32"): tilework.KerasTensor[] {
  return shapes.map((shape) => tilework.input(shape.slice(1), { dtype }));
}

/** Applies the layer to symbolic tensors, then traces that graph for a real batch. */
function traced(layer: Layer, shapes: readonly Shape[], training: boolean, dtype: Dtype = "float32"): Value {
  const inputs = symbolic(shapes, dtype);
  const { graph } = tilework.model(inputs, layer.apply(inputs));
  const values = shapes.map((shape, i) => programInput(`x${i}`, { shape, dtype }));
  const seed = programInput("seed", { shape: [2], dtype: "int32" });
  return traceGraph(graph, values, new TraceContext({ training, seed }))[0]!;
}

/** A layer without what differs between two of its kind. */
function nameless(layer: Layer): Readonly<Record<string, unknown>> {
  const { name: _, ...config } = layer.getConfig();
  return config;
}

describe.each(layerContracts)("$className", (contract) => {
  const { className, factory, positional, options, inputs, weights = [] } = contract;
  const make = (...args: readonly unknown[]): Layer => publicFactory(factory)(...args);
  const makeClass = (...args: readonly unknown[]): Layer => new (publicClass(className))(...args);

  test("class and factory make the same layer, positionally and of one object", () => {
    expect(make(...positional).className).toBe(className);
    expect(make(...positional)).toBeInstanceOf(publicClass(className));
    expect(nameless(makeClass(...positional))).toEqual(nameless(make(...positional)));
    expect(nameless(makeClass(options))).toEqual(nameless(make(options)));
  });

  test("default names are Keras's, counted", () => {
    tilework.clearSession();
    expect([make(...positional).name, make(...positional).name]).toEqual([
      snakeCase(className),
      `${snakeCase(className)}_1`,
    ]);
  });

  test("config goes out and in again", () => {
    const layer = make({ ...options, name: "mine", trainable: false });
    const again = publicClass(className).fromConfig(JSON.parse(JSON.stringify(layer.getConfig())));
    expect(again.getConfig()).toEqual(layer.getConfig());
    expect(again.name).toBe("mine");
    expect(again.trainable).toBe(false);
  });

  test("an option that it does not have is refused, with a suggestion", () => {
    const wrong = { ...options, trainble: true };
    expect(() => make(wrong)).toThrow('has no option "trainble"; did you mean "trainable"?');
    expect(() => make({ ...options, zzzzzzzzzz: 1 })).toThrow(/it has .*name, trainable/);
  });

  test.each([true, false])("the shape it promises is the shape it computes (training: %s)", (training) => {
    for (const layer of [make(...positional), make(options)]) {
      const promised = layer.computeOutputShapes(inputs);
      const value = traced(layer, inputs, training);
      expect([value.shape]).toEqual(promised);
      expect(value.dtype).toBe("float32");
    }
  });

  test("an unknown batch stays unknown", () => {
    const layer = make(options);
    const output = layer.apply(symbolic(inputs));
    expect(output.shape[0]).toBe(null);
    expect(output.shape.slice(1)).toEqual(layer.computeOutputShapes(inputs)[0]!.slice(1));
    expect(layer.outputShape).toEqual(output.shape);
    expect(layer.inputShape).toEqual(
      inputs.length === 1 ? [null, ...inputs[0]!.slice(1)] : inputs.map(([, ...rest]) => [null, ...rest]),
    );
  });

  test("integers come out as the layer's dtype, or as they are where nothing is computed", () => {
    const layer = make(...positional);
    const output = layer.apply(symbolic(inputs, "int32"));
    expect(output.dtype).toBe(contract.keepsIntegers ? "int32" : "float32");
    expect(traced(make(...positional), inputs, false, "int32").dtype).toBe(output.dtype);
  });

  test("weights have Keras's names, order and shapes", () => {
    const layer = make(options);
    expect(layer.weights).toEqual([]);
    layer.apply(symbolic(inputs));
    expect(layer.weights.map(({ name, shape }) => [name, shape])).toEqual(weights);
    expect(layer.weights.map(({ path }) => path)).toEqual(weights.map(([name]) => `${layer.name}/${name}`));
    expect(layer.countParams()).toBe(weights.reduce((sum, [, shape]) => sum + sizeOf(shape), 0));
    expect(layer.trainableWeights.length).toBe(contract.trainable ?? weights.length);
    layer.trainable = false;
    expect(layer.trainableWeights).toEqual([]);
    expect(layer.nonTrainableWeights).toEqual(layer.weights);
  });

  test("weights can be read and replaced", async () => {
    const layer = make(options);
    layer.apply(symbolic(inputs));
    const twos = (await layer.getWeights()).map(({ shape }) =>
      tilework.ndarray(new Float32Array(sizeOf(shape)).fill(2), shape),
    );
    await layer.setWeights(twos);
    expect(await layer.getWeights()).toEqual(twos);
    await expect(layer.setWeights([...twos, 1])).rejects.toThrow(
      `expects an array of ${weights.length} arrays`,
    );
  });

  test("what it writes carries its name", () => {
    const layer = make(...positional);
    const value = traced(layer, inputs, false);
    const writers = new Set<string>();
    const stack: Node[] = [value.node];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node.op.name === "input") continue;
      writers.add(String(node.origin));
      stack.push(...node.inputs.map((input) => input.node));
    }
    expect([...writers]).toEqual(className === "Dropout" ? [] : [layer.name]);
  });

  test("inference computes finite numbers", () => {
    const layer = make(...positional);
    const inputs_ = symbolic(inputs);
    layer.apply(inputs_);
    const values = inputs.map((shape, i) => programInput(`x${i}`, { shape, dtype: "float32" }));
    const fixed = new Map(layer.weights.map((weight, i) => [weight, programInput(`w${i}`, weight)]));
    const context = {
      training: false,
      read: (weight: tilework.Weight) => fixed.get(weight)!,
      update: () => {},
      seed: () => {
        throw new Error("inference draws no random numbers");
      },
    };
    const outputs = layer.callAll(values, context);
    const feeds = new Map<string, Float64Array>();
    for (const [i, shape] of inputs.entries()) feeds.set(`x${i}`, formulaInputs.ordinary(shape).data);
    for (const [i, { shape }] of layer.weights.entries())
      feeds.set(`w${i}`, new Float64Array(sizeOf(shape)).fill(0.5));
    const [computed] = evaluateReference(outputs, feeds);
    expect(computed!.length).toBe(sizeOf(outputs[0]!.shape));
    expect(computed!.every(Number.isFinite)).toBe(true);
  });
});

const fixture = new URL("../../../fixtures/keras/configs.json", import.meta.url);
const configs = JSON.parse(readFileSync(fixture, "utf8")) as {
  layers: { layer: string; config: Record<string, unknown> }[];
  initializers: { class_name: string; config: Record<string, unknown> }[];
};

/** Keras's config with what we write shorter: the dtype policy, and axes of initializers that nobody set. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== "object" || value === null) return value;
  const { class_name: className, config } = value as { class_name?: string; config?: { name: string } };
  if (className === "DTypePolicy") return config!.name;
  const entries = Object.entries(value).filter(([key]) => key !== "input_axes" && key !== "output_axes");
  return Object.fromEntries(entries.map(([key, entry]) => [key, shortened(entry)]));
}

test.each(configs.layers)(
  "Keras's config of $layer comes in and goes out with Keras's keys",
  ({ layer, config }) => {
    expect(shortened(config)).toMatchObject(layerOf(layer, config).getConfig());
  },
);

test.each(configs.initializers)("Keras's config of $class_name comes in and goes out", (config) => {
  const initializer = getInitializer(config, { owner: "test", argument: "kernelInitializer" });
  expect(serializeInitializer(initializer)).toEqual(shortened(config));
});

test("every public layer class stands in the contract", () => {
  const isLayerClass = (value: unknown): value is { readonly className: string } =>
    typeof value === "function" && value.prototype instanceof tilework.Layer;
  const outside = ["InputLayer", "Model", "Sequential", "Functional"];
  const names = (Object.values(tilework) as unknown[]).filter(isLayerClass).map(({ className }) => className);
  const expected = [...new Set(names)].filter((name) => !outside.includes(name)).sort();
  expect(layerContracts.map(({ className }) => className).sort()).toEqual(expected);
});
