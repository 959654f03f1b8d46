import { join } from "node:path";
import { expect, test } from "vitest";
import { parseShapes, readShapes } from "./read-shapes.ts";

const convolution = { op: "convolution", input: [1, 8, 8, 3], kernel: [3, 3], filters: 8 };

test("the usual shapes are all taken", () => {
  expect(readShapes(join(import.meta.dirname, "shapes.json")).length).toBeGreaterThan(50);
});

test("an entry is read as it stands", () => {
  const shape = { ...convolution, label: "mine", strides: [2, 1], padding: "same", filters: 6, groups: 3 };
  expect(parseShapes(JSON.stringify([shape]), "mine.json")).toEqual([shape]);
});

test.each([
  ["{", "mine.json: is no JSON: "],
  ["[]", "mine.json: must be a list of one or more shapes, as bench/ops/shapes.json; got []"],
  ['{"op":"relu"}', 'must be a list of one or more shapes, as bench/ops/shapes.json; got {"op":"relu"}'],
  ["[null]", "mine.json: entry 1 of 1: must be an object such as"],
  ['["relu"]', 'got "relu"'],
])("a file that holds %s is refused by name", (content, message) => {
  expect(() => parseShapes(content, "mine.json")).toThrow(message);
});

test.each<[object, string]>([
  [{ op: "convolve" }, "op must be one of convolution, depthwise, dense, maxPool"],
  [{ op: "toString" }, 'got "toString"'],
  [{}, "op must be one of"],
  [{ ...convolution, input: "1,8,8,3" }, "input must be a list of 3 to 5 whole numbers above 0 (batch"],
  [{ ...convolution, input: [8, 8] }, "got [8,8]"],
  [
    { ...convolution, strides: 2 },
    "strides must be a list of 1 to 3 whole numbers above 0 (one for each spatial axis); got 2",
  ],
  [
    { ...convolution, stride: [2, 2] },
    'has no key "stride"; its keys are input, kernel, filters, label, strides',
  ],
  [{ ...convolution, filters: -8 }, "filters must be a whole number above 0; got -8"],
  [{ ...convolution, filters: "8" }, 'filters must be a whole number above 0; got "8"'],
  [{ ...convolution, filters: undefined }, "filters is missing; it must be a whole number above 0"],
  [{ ...convolution, groups: 2 }, "groups must divide the 3 channels and the 8 filters; got 2"],
  [
    { ...convolution, kernel: [3] },
    "kernel must have 2 numbers, one for each spatial axis of the input; got [3]",
  ],
  [{ ...convolution, padding: "full" }, 'padding must be one of "valid", "same", "causal"; got "full"'],
  [{ ...convolution, padding: "causal" }, 'padding "causal" is for one spatial axis; got 2'],
  [{ ...convolution, label: 1 }, "label must be a text; got 1"],
  [{ op: "depthwise", input: [1, 8, 8, 3], kernel: [3, 3], filters: 3 }, 'has no key "filters"'],
  [{ op: "maxPool", input: [1, 8, 8, 3], window: "glob" }, 'window must be "global" or a list'],
  [{ op: "maxPool", input: [1, 8, 8, 3] }, "give either window or outputSizes"],
  [{ op: "maxPool", input: [1, 8, 8, 3], window: [2, 2], outputSizes: [1, 1] }, "give either"],
  [
    { op: "averagePool", input: [1, 8, 8, 3], outputSizes: [1, 1], strides: [1, 1] },
    "outputSizes stands alone",
  ],
  [{ op: "averagePool", input: [1, 8, 8, 3], window: [2] }, "window must have 2 numbers"],
  [{ op: "dense", batch: 1, inputs: 2.5, units: 3 }, "inputs must be a whole number above 0; got 2.5"],
  [{ op: "relu", input: null }, "got null"],
])("the entry %j is refused", (entry, message) => {
  expect(() => parseShapes(JSON.stringify([convolution, entry]), "mine.json")).toThrow(
    expect.objectContaining({ name: "InputError", message: expect.stringContaining(message) }),
  );
  expect(() => parseShapes(JSON.stringify([convolution, entry]), "mine.json")).toThrow(
    "mine.json: entry 2 of 2",
  );
});
