import { describe, expect, test } from "vitest";
import { type ArrayInput, NDArray, ndarray, type TypedArray, toNDArray } from "./ndarray.ts";

describe("ndarray", () => {
  test("of nested numbers is float32 and row-major", () => {
    const array = ndarray([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(array.shape).toEqual([2, 3]);
    expect(array.dtype).toBe("float32");
    expect(array.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(array.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test("of a scalar has no axes", () => {
    expect(ndarray(3).shape).toEqual([]);
    expect(ndarray(3).toArray()).toBe(3);
  });

  test("of booleans is bool", () => {
    const array = ndarray([[true, false]]);
    expect([array.dtype, array.shape, [...array.data]]).toEqual(["bool", [1, 2], [1, 0]]);
  });

  test("of rows that are typed arrays", () => {
    expect(ndarray([Float32Array.of(1, 2), Float32Array.of(3, 4)]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test.each<[TypedArray, string]>([
    [new Float32Array(6), "float32"],
    [new Float64Array(6), "float64"],
    [new Int8Array(6), "int8"],
    [new Int16Array(6), "int16"],
    [new Int32Array(6), "int32"],
    [new Uint8Array(6), "uint8"],
    [new Uint8ClampedArray(6), "uint8"],
    [new Uint16Array(6), "uint16"],
    [new Uint32Array(6), "uint32"],
    [Buffer.alloc(6), "uint8"],
  ])("over a typed array takes its type and does not copy", (data, dtype) => {
    const array = ndarray(data, [2, 3]);
    expect(array.dtype).toBe(dtype);
    expect(array.data).toBe(data);
    expect(array.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("empty data keep their shape", () => {
    expect(ndarray([]).shape).toEqual([0]);
    expect(ndarray(new Float32Array(0), [0, 28, 28]).toArray()).toEqual([]);
  });
});

test.each<[string, ArrayInput]>([
  ["an NDArray", new NDArray(Float32Array.of(1, 2), [2])],
  ["nested arrays", [1, 2]],
  ["a typed array", Float32Array.of(1, 2)],
  ["data with a shape", { data: Float32Array.of(1, 2), shape: [2] }],
])("data may be given as %s", (_, input) => {
  const array = toNDArray("x", input);
  expect([array.shape, [...array.data]]).toEqual([[2], [1, 2]]);
});

test.each<[string, () => unknown, string]>([
  [
    "ragged rows",
    () => toNDArray("x", [[1, 2], [3]]),
    "x[1]: rows must be equally long: expected 2 elements, got 1",
  ],
  ["a number among rows", () => toNDArray("x", [[1, 2], 3]), "x[1]: expected 2 elements, got 3"],
  [
    "a row among numbers",
    () => toNDArray("x", [1, [2]]),
    "x[1]: expected a number, got an array of 1 elements",
  ],
  ["text", () => toNDArray("x", [1, "2"] as never), 'x[1]: expected a number, got "2"'],
  ["null in it", () => toNDArray("x", [[1], null] as never), "x[1]: expected 1 elements, got null"],
  ["text alone", () => toNDArray("x", "12" as never), "x: expected an NDArray, nested arrays of numbers"],
  ["nothing", () => toNDArray("x", undefined as never), "got undefined"],
  ["null", () => toNDArray("x", null as never), "got null"],
  ["a Map", () => toNDArray("x", new Map() as never), "got Map"],
  [
    "64-bit integers",
    () => ndarray(new BigInt64Array(2) as never, [2]),
    "got BigInt64Array; convert it with Int32Array.from(values, Number)",
  ],
  [
    "a shape of another size",
    () => ndarray(new Float32Array(5), [2, 3]),
    "shape: (2, 3) holds 6 elements, but the data have 5",
  ],
  [
    "a negative size",
    () => ndarray(new Float32Array(6), [-2, -3]),
    "shape: expected an array of sizes, got [-2,-3]",
  ],
  ["a fraction of a size", () => ndarray(new Float32Array(3), [1.5, 2]), "got [1.5,2]"],
  ["a shape that is no array", () => ndarray(new Float32Array(6), 6 as never), "got 6"],
])("%s is refused, with the place", (_, make, message) => {
  expect(make).toThrow(message);
});

test.each<[NDArray, string]>([
  [
    ndarray([
      [1, 2.5],
      [0.1, -3],
    ]),
    "NDArray float32 (2, 2) [[1, 2.5], [0.1, -3]]",
  ],
  [ndarray(Int32Array.from({ length: 10 }, (_, i) => i)), "NDArray int32 (10,) [0, 1, 2, …, 7, 8, 9]"],
  [ndarray([true, false]), "NDArray bool (2,) [1, 0]"],
])("prints as %s", (array, text) => {
  expect(String(array)).toBe(text);
});

test("its JSON is shape, dtype and plain data", () => {
  expect(
    JSON.stringify(
      ndarray([
        [1, 2],
        [3, 4],
      ]),
    ),
  ).toBe('{"shape":[2,2],"dtype":"float32","data":[1,2,3,4]}');
});
