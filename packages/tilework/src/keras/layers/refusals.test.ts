import { describe, expect, test } from "vitest";
import * as tilework from "../../index.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";

/** Untyped, so that wrong options can be passed. */
type Anything = (...args: readonly unknown[]) => tilework.Layer;
const {
  activation,
  adaptiveMaxPooling2d,
  add,
  averagePooling2d,
  batchNormalization,
  concatenate,
  conv1d,
  conv2d,
  conv3d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAveragePooling1d,
  globalMaxPooling2d,
  input,
  leakyRelu,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  relu,
  reshape,
  softmax,
  zeroPadding2d,
} = tilework as unknown as Record<string, Anything> & { input: typeof tilework.input };

const size2d = "a whole number of at least 1, or an array of 2 of them";

describe("wrong options are refused when the layer is made", () => {
  test.each<[string, () => unknown, string, string]>([
    ["a zero", () => maxPooling2d!(0), "poolSize", `max_pooling2d: poolSize must be ${size2d}, got 0`],
    ["a negative size", () => maxPooling2d!([2, -1]), "poolSize", `poolSize must be ${size2d}, got [2, -1]`],
    ["a fraction", () => maxPooling2d!(2.5), "poolSize", `poolSize must be ${size2d}, got 2.5`],
    ["NaN", () => maxPooling2d!(Number.NaN), "poolSize", "got NaN"],
    ["infinity", () => maxPooling2d!(Infinity), "poolSize", "got Infinity"],
    ["text for a number", () => maxPooling2d!("2"), "poolSize", 'got "2"'],
    ["too many sizes", () => maxPooling2d!([2, 2, 2]), "poolSize", "got [2, 2, 2]"],
    ["two sizes in 1D", () => maxPooling1d!([2, 2]), "poolSize", "a whole number of at least 1, got [2, 2]"],
    ["strides of 0", () => maxPooling2d!(2, { strides: 0 }), "strides", `strides must be ${size2d}, got 0`],
    [
      "a missing pool size",
      () => averagePooling2d!(),
      "poolSize",
      "poolSize must be given, got undefined; pass 2, say",
    ],
    [
      "another case",
      () => maxPooling2d!(2, { padding: "SAME" }),
      "padding",
      '"valid" or "same", got "SAME"; did you mean "same"?',
    ],
    [
      "causal in 2D",
      () => conv2d!(3, 3, { padding: "causal" }),
      "padding",
      '"valid" or "same", got "causal"',
    ],
    ["a flag for padding", () => maxPooling2d!(2, { padding: true }), "padding", "got true"],
    [
      "a data format",
      () => maxPooling2d!(2, { dataFormat: "channel_last" }),
      "dataFormat",
      'did you mean "channels_last"?',
    ],
    [
      "Keras's own key",
      () => maxPooling2d!({ pool_size: 2 }),
      "pool_size",
      'has no option "pool_size"; did you mean "poolSize"?',
    ],
    [
      "an unknown option",
      () => conv2d!(3, 3, { activaton: "relu" }),
      "activaton",
      'did you mean "activation"?',
    ],
    [
      "options that are no object",
      () => conv2d!(3, 3, "relu"),
      "options",
      'options must be an object, got "relu"',
    ],
    ["a size given twice", () => maxPooling2d!(2, { poolSize: 3 }), "poolSize", "given twice"],
    [
      "two option objects",
      () => maxPooling2d!({ poolSize: 2 }, { padding: "same" }),
      "options",
      "one object, got two",
    ],
    [
      "output sizes of 0",
      () => adaptiveMaxPooling2d!(0),
      "outputSize",
      `outputSize must be ${size2d}, got 0`,
    ],
    ["a missing output size", () => adaptiveMaxPooling2d!(), "outputSize", "got undefined"],
    [
      "keepdims that is no flag",
      () => globalMaxPooling2d!({ keepdims: 1 }),
      "keepdims",
      "keepdims must be true or false, got 1",
    ],
    [
      "no filters",
      () => conv2d!(0, 3),
      "filters",
      "conv2d: filters must be a whole number of at least 1, got 0",
    ],
    ["filters that are a fraction", () => conv2d!(1.5, 3), "filters", "got 1.5"],
    ["a missing kernel size", () => conv2d!(3), "kernelSize", `kernelSize must be ${size2d}, got undefined`],
    ["a kernel of 0", () => conv2d!(3, [3, 0]), "kernelSize", "got [3, 0]"],
    [
      "groups that do not divide",
      () => conv2d!(3, 3, { groups: 2 }),
      "groups",
      "groups must divide filters, got 2 groups for 3 filters",
    ],
    [
      "strides with dilation",
      () => conv1d!(3, 3, { strides: 2, dilationRate: 2 }),
      "dilationRate",
      "cannot both be above 1",
    ],
    [
      "an unknown activation",
      () => conv2d!(3, 3, { activation: "rleu" }),
      "activation",
      'the name of an activation, got "rleu"; did you mean "relu"?',
    ],
    ["an activation that is a number", () => dense!(3, { activation: 1 }), "activation", "got 1"],
    [
      "an unknown initializer",
      () => dense!(3, { kernelInitializer: "he_norm" }),
      "kernelInitializer",
      'did you mean "he_normal"?',
    ],
    [
      "an initializer that is a number",
      () => dense!(3, { biasInitializer: 0 }),
      "biasInitializer",
      'such as "glorot_uniform"',
    ],
    [
      "bias that is no flag",
      () => dense!(3, { useBias: "no" }),
      "useBias",
      'useBias must be true or false, got "no"',
    ],
    [
      "missing units",
      () => dense!(),
      "units",
      "dense: units must be a whole number of at least 1, got undefined",
    ],
    [
      "a depth multiplier of 0",
      () => depthwiseConv2d!(3, { depthMultiplier: 0 }),
      "depthMultiplier",
      "got 0",
    ],
    ["a rate above 1", () => dropout!(1.5), "rate", "dropout: rate must be a number from 0 to 1, got 1.5"],
    ["a rate that is NaN", () => dropout!(Number.NaN), "rate", "got NaN"],
    ["a noise shape of text", () => dropout!(0.5, { noiseShape: "x" }), "noiseShape", "an array of sizes"],
    ["a negative seed", () => dropout!(0.5, { seed: -1 }), "seed", "got -1"],
    [
      "momentum above 1",
      () => batchNormalization!({ momentum: 2 }),
      "momentum",
      "a number from 0 to 1, got 2",
    ],
    [
      "a negative epsilon",
      () => batchNormalization!({ epsilon: -1 }),
      "epsilon",
      "a number of at least 0, got -1",
    ],
    [
      "an axis that is a fraction",
      () => softmax!({ axis: 0.5 }),
      "axis",
      "axis must be a whole number, got 0.5",
    ],
    ["a negative bound", () => relu!({ maxValue: -1 }), "maxValue", "a number of at least 0, got -1"],
    ["a negative slope", () => leakyRelu!({ negativeSlope: -0.1 }), "negativeSlope", "got -0.1"],
    ["a missing activation", () => activation!(), "activation", 'pass "relu", say'],
    ["two open sizes", () => reshape!([-1, -1]), "targetShape", "at most one of them -1), got [-1, -1]"],
    ["a target of 0", () => reshape!([0, 3]), "targetShape", "got [0, 3]"],
    [
      "negative padding",
      () => zeroPadding2d!(-1),
      "padding",
      "a whole number of at least 0, an array of 2 of them, or 2 pairs [before, after], got -1",
    ],
    ["padding of three", () => zeroPadding2d!([1, 2, 3]), "padding", "got [1, 2, 3]"],
    [
      "a name that is empty",
      () => dense!(3, { name: "" }),
      "name",
      "name must be a string that is not empty",
    ],
    ["a name that is a number", () => dense!(3, { name: 7 }), "name", "got 7"],
    ["a flag of text", () => dense!(3, { trainable: "yes" }), "trainable", 'got "yes"'],
    ["half precision", () => dense!(3, { dtype: "float16" }), "dtype", '"float32", got "float16"'],
    ["an input shape that is a number", () => dense!(3, { inputShape: 4 }), "inputShape", "got 4; write [4]"],
    ["an input shape with 0", () => dense!(3, { inputShape: [0] }), "inputShape", "got [0]"],
    ["an input of text", () => input("28" as never), "shape", 'got "28"'],
    ["an unknown dtype", () => input([2], { dtype: "float" as never }), "dtype", "did you mean"],
  ])("%s", (_, make, argument, message) => {
    let caught: unknown;
    try {
      make();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ArgumentError);
    expect((caught as ArgumentError).argument).toBe(argument);
    expect((caught as ArgumentError).message).toContain(message);
  });

  test("the error carries the layer's own name where it has one", () => {
    expect(() => maxPooling2d!(0, { name: "shrink" })).toThrow("shrink: poolSize must be");
  });

  test("a refused layer takes no name from the counter", () => {
    tilework.clearSession();
    expect(() => maxPooling2d!(0)).toThrow();
    expect(maxPooling2d!(2).name).toBe("max_pooling2d");
  });
});

describe("shapes that do not fit are refused when the layer is applied", () => {
  const fixed = { name: "it" };
  test.each<[string, () => tilework.Layer, readonly (readonly (number | null)[])[], string]>([
    [
      "a window that is too large",
      () => maxPooling2d!(2, fixed),
      [[null, 1, 1, 3]],
      'it: a 2x2 window with padding "valid" does not fit its 1x1 input; use padding: "same", a smaller poolSize, or fewer pooling layers before it',
    ],
    [
      "a window that is too high",
      () => averagePooling2d!([3, 1], fixed),
      [[null, 2, 9, 3]],
      'a 3x1 window with padding "valid" does not fit its 2x9 input',
    ],
    ["a volume's window", () => maxPooling3d!(4, fixed), [[null, 3, 5, 5, 1]], "a 4x4x4 window"],
    [
      "channels first",
      () => maxPooling2d!(4, { ...fixed, dataFormat: "channels_first" }),
      [[null, 8, 3, 5]],
      "does not fit its 3x5 input",
    ],
    [
      "a kernel that is too large",
      () => conv2d!(3, 5, fixed),
      [[null, 4, 4, 3]],
      'it: a 5x5 kernel with padding "valid" does not fit its 4x4 input; use padding: "same", a smaller kernelSize, or fewer layers that shrink the image before it',
    ],
    [
      "a dilated kernel",
      () => conv2d!(3, 3, { ...fixed, dilationRate: 2 }),
      [[null, 4, 4, 3]],
      "a 3x3 kernel (which spans 5x5 when dilated)",
    ],
    [
      "images without channels",
      () => conv2d!(3, 3, fixed),
      [[null, 28, 28]],
      "it: expects an input of 4 axes (batch, rows, columns, channels), got (None, 28, 28); if the channels are missing, use inputShape: [28, 28, 1]",
    ],
    ["a flat input", () => maxPooling2d!(2, fixed), [[null, 10]], "expects an input of 4 axes"],
    [
      "a volume for sequences",
      () => maxPooling1d!(2, fixed),
      [[null, 1, 2, 3]],
      "expects an input of 3 axes (batch, steps, channels)",
    ],
    [
      "an image for volumes",
      () => conv3d!(2, 1, fixed),
      [[null, 4, 4, 4]],
      "(batch, depth, rows, columns, channels)",
    ],
    [
      "unknown channels",
      () => conv2d!(3, 3, fixed),
      [[null, 8, 8, null]],
      "the number of its input channels must be known",
    ],
    [
      "groups and channels",
      () => conv2d!(4, 3, { ...fixed, groups: 2 }),
      [[null, 8, 8, 3]],
      "it: groups must divide the input channels, got 2 groups for 3",
    ],
    [
      "a scalar for each example",
      () => dense!(3, fixed),
      [[null]],
      "at least 2 axes (batch, features), got (None,)",
    ],
    ["unknown features", () => dense!(3, fixed), [[null, null]], "the last axis of its input must be known"],
    ["one tensor to add", () => add!(fixed), [[null, 3]], "it: adds two tensors or more, got 1"],
    [
      "sizes that do not add",
      () => add!(fixed),
      [
        [null, 3, 4],
        [null, 2, 4],
      ],
      "it: its inputs have shapes (None, 3, 4) and (None, 2, 4), which do not add: along axis 1 sizes must be equal or 1, got 3 and 2",
    ],
    [
      "sizes that do not concatenate",
      () => concatenate!(fixed),
      [
        [null, 3, 4],
        [null, 2, 4],
      ],
      "all axes but the one along which they follow each other (2) must be equal",
    ],
    [
      "one tensor to concatenate",
      () => concatenate!(fixed),
      [[null, 3]],
      "puts two tensors or more together, got 1",
    ],
    [
      "two tensors for one input",
      () => dense!(3, fixed),
      [
        [null, 3],
        [null, 3],
      ],
      "it: takes one input, got 2; merge them first",
    ],
    [
      "an axis that is not there",
      () => softmax!({ ...fixed, axis: 3 }),
      [[null, 3]],
      "axis 3 does not exist in an input of shape (None, 3); use 1 to 1 or -1 to -1",
    ],
    [
      "the batch's axis",
      () => batchNormalization!({ ...fixed, axis: 0 }),
      [[null, 3]],
      "axis 0 must not be the batch",
    ],
    [
      "unknown statistics",
      () => batchNormalization!(fixed),
      [[null, null]],
      "the size of axis -1 of its input must be known",
    ],
    [
      "elements that do not fit",
      () => reshape!([4, 4], fixed),
      [[null, 3, 4]],
      "it: targetShape (4, 4) holds 16 elements, but an example of its input (None, 3, 4) has 12",
    ],
    [
      "elements that do not divide",
      () => reshape!([5, -1], fixed),
      [[null, 3, 4]],
      "needs a multiple of 5 elements",
    ],
    [
      "noise of another shape",
      () => dropout!(0.5, { ...fixed, noiseShape: [null, 2] }),
      [[null, 3]],
      "noiseShape (None, 2) does not fit its input (None, 3)",
    ],
  ])("%s", (_, make, shapes, message) => {
    const layer = make();
    const tensors = shapes.map((shape) => input(shape.slice(1)));
    expect(() => layer.apply(tensors)).toThrow(ShapeError);
    expect(() => layer.apply(tensors)).toThrow(message);
    expect(layer.built).toBe(false);
    expect(layer.inboundNodes).toEqual([]);
  });

  test("a layer that is built refuses what its weights do not fit, and stays as it was", () => {
    const layers: [tilework.Layer, string][] = [
      [conv2d!(3, 1, { name: "it" }), "it: its kernel is made for 4 input channels, got 5"],
      [depthwiseConv2d!(1, { name: "it" }), "it: its kernel is made for 4 input channels, got 5"],
      [dense!(3, { name: "it" }), "it: its kernel is made for 4 features, got 5"],
      [batchNormalization!({ name: "it" }), "it: is made for 4 features along axis -1, got 5"],
    ];
    for (const [layer, message] of layers) {
      layer.apply(input([2, 2, 4]));
      expect(() => layer.apply(input([2, 2, 5]))).toThrow(message);
      expect(layer.inboundNodes.length).toBe(1);
    }
  });

  test("sizes that only data tell stay unknown", () => {
    expect(conv2d!(3, 3).apply(input([null, 8, 1])).shape).toEqual([null, null, 6, 3]);
    expect(maxPooling2d!(2).apply(input([null, 8, 1])).shape).toEqual([null, null, 4, 1]);
    expect(flatten!().apply(input([null, 8, 1])).shape).toEqual([null, null]);
    expect(reshape!([-1, 4]).apply(input([null, 8])).shape).toEqual([null, null, 4]);
    expect(zeroPadding2d!(1).apply(input([null, 8, 1])).shape).toEqual([null, null, 10, 1]);
    expect(concatenate!({ axis: 1 }).apply([input([null, 8]), input([3, 8])]).shape).toEqual([null, null, 8]);
    expect(globalMaxPooling2d!().apply(input([null, null, 5])).shape).toEqual([null, 5]);
    expect(adaptiveMaxPooling2d!(3).apply(input([null, null, 5])).shape).toEqual([null, 3, 3, 5]);
  });

  test("masks go only where Keras takes them", () => {
    const mask = input([4], { dtype: "bool" });
    expect(globalAveragePooling1d!().apply(input([4, 3]), { mask }).shape).toEqual([null, 3]);
    expect(() => dense!(3, { name: "it" }).apply(input([4, 3]), { mask })).toThrow("it: Dense takes no mask");
    expect(() => globalAveragePooling1d!().apply(input([4, 3]), { mask: 1 as never })).toThrow(
      "mask must be a symbolic tensor",
    );
  });

  test("apply takes symbolic tensors only", () => {
    expect(() => dense!(3, { name: "it" }).apply(1 as never)).toThrow(
      "it: apply expects what input(…) or another layer's apply gave, got number",
    );
  });
});
