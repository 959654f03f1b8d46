import { afterAll, describe, expect, test } from "vitest";
import type { DeviceName } from "../../runtime/configuration.ts";
import { configure } from "../../runtime/configure.ts";
import { threeNetworks } from "../../testing/three-networks.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import {
  batchOf,
  camelCaseOptions,
  kerasCases,
  oneHotRows,
  startWeights,
} from "../../testing/training-data.ts";
import { getOptimizer } from "../optimizers/get-optimizer.ts";
import type * as optimizers from "../optimizers/optimizers.ts";

interface NetworkCase {
  readonly name: string;
  readonly network: 1 | 2 | 3;
  readonly optimizer: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly batch: number;
  readonly loss: readonly number[];
  readonly accuracy: readonly number[];
}

const cases = kerasCases<NetworkCase>("networks.json");

/** Trains as tools/goldens/training.py does; gives each step's loss and accuracy. */
async function train({ network, optimizer, config, batch, loss }: NetworkCase): Promise<{
  loss: number[];
  accuracy: number[];
}> {
  const { make, imageShape, loss: lossName } = threeNetworks[network];
  const model = make();
  await model.setWeights(startWeights(model.weights.map(({ shape }) => shape)));
  const optimizerClass = getOptimizer(optimizer as "sgd").constructor as new (
    options: object,
  ) => optimizers.Optimizer;
  model.compile({
    optimizer: new optimizerClass(camelCaseOptions(config)),
    loss: lossName,
    metrics: ["accuracy"],
  });
  const values = [];
  for (let step = 0; step < loss.length; step++) {
    const { images, labels } = batchOf(network, imageShape, batch, step % 2);
    values.push(await model.trainOnBatch(images, network === 1 ? labels : oneHotRows(labels)));
  }
  return { loss: values.map((value) => value.loss!), accuracy: values.map((value) => value.accuracy!) };
}

/** The reference device is slow: two steps of two images. */
const onDevices: { device: DeviceName; given: NetworkCase[] }[] = [
  { device: "auto", given: cases.filter(({ loss }) => loss.length === 20) },
  { device: "reference", given: cases.filter(({ loss, network }) => loss.length === 2 && network < 3) },
  {
    device: "reference",
    given: cases.filter(({ name }) => name === "network 3, adam, batch 2"),
  },
];

describe.each(onDevices)("on the device $device", ({ device, given }) => {
  afterAll(() => configure({}));

  test.each(given)("learns as Keras does: $name", { timeout: 600_000 }, async (networkCase) => {
    configure({ device });
    const { loss, accuracy } = await train(networkCase);
    expect(firstDifference(loss, networkCase.loss, tolerances.trajectory)).toBeUndefined();
    expect(accuracy).toEqual([...networkCase.accuracy]);
  });
});
