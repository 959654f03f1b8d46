import { expect, test } from "vitest";
import { input, read } from "../../graph/program.ts";
import type { Variable } from "../../graph/value.ts";
import { createReferenceDevice } from "../../runtime/reference/device.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { camelCaseOptions, changedNoise, kerasCases } from "../../testing/training-data.ts";
import { getOptimizer } from "./get-optimizer.ts";
import * as optimizers from "./optimizers.ts";

interface OptimizerCase {
  readonly name: string;
  readonly optimizer: "SGD";
  readonly config: Readonly<Record<string, unknown>>;
  /** After each step, the elements of both variables. */
  readonly values: readonly (readonly number[])[][];
  readonly numbers: number;
}

const variables: readonly Variable[] = [
  { name: "kernel", shape: [2, 3], dtype: "float32" },
  { name: "bias", shape: [3], dtype: "float32" },
];

test.each(kerasCases<OptimizerCase>("optimizers.json"))(
  "follows Keras's trajectory: $name",
  async (given) => {
    const optimizer = new optimizers[given.optimizer](camelCaseOptions(given.config));
    optimizer.build(variables);
    const device = createReferenceDevice();
    const store = device.createStore();
    const start = variables.map((variable, i) => ({
      variable,
      data: changedNoise(31 + i, variable.shape, (value) => value - 0.5).data as Float32Array,
    }));
    const slots = optimizer.slotVariables();
    store.add([
      ...start,
      ...slots.map((variable) => ({ variable, data: new Float32Array(sizeOf(variable.shape)) })),
    ]);
    const gradients = variables.map(({ shape }, i) => input(`gradient${i}`, { shape, dtype: "float32" }));
    const names = Object.keys(optimizer.scalarsAt(0));
    const scalars = Object.fromEntries(
      names.map((name) => [name, input(name, { shape: [], dtype: "float32" })]),
    );
    const weights = variables.map((variable) => ({ variable, value: read(variable) }));
    const updates = optimizer.apply(gradients, weights, scalars);
    const inputs = { gradient0: gradients[0]!, gradient1: gradients[1]!, ...scalars };
    const executable = await device.load({ inputs, outputs: {}, updates });
    for (const [step, expected] of given.values.entries()) {
      const fed = Object.entries(optimizer.scalarsAt(step)).map(([name, value]) => [
        name,
        Float32Array.of(value),
      ]);
      const [gradient0, gradient1] = variables.map(
        ({ shape }, i) =>
          changedNoise(40 + 10 * i + step, shape, (value) => value * 2 - 1).data as Float32Array,
      );
      await executable.run(store, [
        { gradient0: gradient0!, gradient1: gradient1!, ...Object.fromEntries(fed) },
      ]);
      const values = await store.read(variables);
      values.forEach((value, i) => {
        expect([step, firstDifference(value, expected[i]!, tolerances.sum)]).toEqual([step, undefined]);
      });
    }
    expect(optimizer.countParams()).toBe(given.numbers);
  },
);

test.each([
  ["SGD", 0.01],
  ["Adam", 0.001],
  ["AdamW", 0.001],
  ["RMSprop", 0.001],
] as const)("%s has Keras's default learning rate %d", (name, learningRate) => {
  const optimizer = getOptimizer(name.toLowerCase() as "sgd");
  expect([optimizer.className, optimizer.learningRate]).toEqual([name, learningRate]);
  expect(getOptimizer(name as "sgd").className).toBe(name);
});

test("a learning rate may be set, or be a function of the iteration, which then cannot be set", () => {
  const constant = optimizers.adam();
  constant.learningRate = 0.5;
  expect(constant.scalarsAt(0).learningRate).toBe(0.5);
  const scheduled = optimizers.sgd({ learningRate: (iteration) => 1 / (iteration + 1) });
  expect([0, 1, 3].map((iteration) => scheduled.scalarsAt(iteration).learningRate)).toEqual([1, 0.5, 0.25]);
  expect(() => {
    scheduled.learningRate = 0.1;
  }).toThrow("function of the iteration");
});

test.each([
  [() => optimizers.sgd({ learningrate: 0.1 } as object), 'did you mean "learningRate"'],
  [() => optimizers.adam({ beta1: 2 }), "beta1 must be a number from 0 to 1"],
  [() => optimizers.adam({ learningRate: Number.NaN }), "learningRate must be"],
  [() => optimizers.sgd({ clipnorm: 1, clipvalue: 1 }), "only one of"],
  [() => optimizers.sgd(0.1 as never), "options must be an object"],
  [() => getOptimizer("adm" as "adam"), 'did you mean "adam"'],
  [() => getOptimizer(3 as never), "got 3"],
])("refuses %s", (make, message) => {
  expect(make).toThrow(message);
});
