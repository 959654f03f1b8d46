/** Host data: a shape over one typed array, row-major. Garbage-collected; nothing to free. */
import { ArgumentError } from "../util/errors.ts";
import type { HostDtype } from "./dtype.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** Typed arrays that hold host data; `bool` data are a Uint8Array of 0 and 1. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** Numbers or booleans in nested arrays of equal lengths; innermost rows may be typed arrays. */
export type NestedArray = number | boolean | TypedArray | readonly NestedArray[];

/** What `toArray` gives: a number for a scalar, else arrays of arrays. */
export type NestedNumbers = number | NestedNumbers[];

/** Whatever can stand where data go in. */
export type ArrayInput = NDArray | NestedArray | { readonly data: TypedArray; readonly shape: Shape };

/** An n-dimensional array in host memory. */
export class NDArray {
  readonly shape: Shape;
  readonly dtype: HostDtype;
  /** The elements, row-major, not a copy. */
  readonly data: TypedArray;

  /** `dtype` follows from the typed array's class unless it is given, as it must be for "bool". */
  constructor(data: TypedArray, shape: Shape, dtype: HostDtype = dtypeOf(data)) {
    checkShape(data, shape);
    this.data = data;
    this.shape = [...shape];
    this.dtype = dtype;
  }

  /** Such as `NDArray float32 (2, 3) [[1, 2, 3], [4, 5, 6]]`; of long axes only the first and last elements. */
  toString(): string {
    return `NDArray ${this.dtype} ${formatShape(this.shape)} ${printed(this.data, this.shape, 0)}`;
  }

  /** Shape, dtype and the elements, row-major, as plain numbers; JSON has null for NaN and infinities. */
  toJSON(): { shape: number[]; dtype: HostDtype; data: number[] } {
    return { shape: [...this.shape], dtype: this.dtype, data: Array.from(this.data) };
  }

  /** The elements as nested arrays of numbers. */
  toArray(): NestedNumbers {
    return nest(this.data, this.shape, 0, 0);
  }
}

/** An array of nested arrays (plain numbers become float32, booleans bool). */
export function ndarray(values: NestedArray): NDArray;
/** An array over a typed array, whose class gives the dtype. The data are not copied. */
export function ndarray(data: TypedArray, shape: Shape): NDArray;
export function ndarray(values: NestedArray, shape?: Shape): NDArray {
  if (isTypedArray(values)) return new NDArray(values, shape ?? [values.length]);
  const array = toNDArray("values", values);
  return shape === undefined ? array : new NDArray(array.data, shape, array.dtype);
}

/** Takes anything that data may be given as; `argument` is its name in errors. */
export function toNDArray(argument: string, input: ArrayInput): NDArray {
  if (input instanceof NDArray) return input;
  if (isTypedArray(input)) return new NDArray(input, [input.length]);
  if (isDataWithShape(input)) return new NDArray(input.data, input.shape);
  if (typeof input !== "number" && typeof input !== "boolean" && !Array.isArray(input))
    throw notData(argument, input);
  const shape = nestedShape(input);
  const data = new Float32Array(sizeOf(shape));
  const end = flatten(argument, input, shape, 0, data, 0, []);
  const first = firstElement(input);
  if (end === 0 || typeof first !== "boolean") return new NDArray(data, shape);
  return new NDArray(Uint8Array.from(data), shape, "bool");
}

/** Also for subclasses such as Node's Buffer, and for arrays of other realms. */
export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && typedArrayDtypes.has(classTag(value));
}

const typedArrayDtypes: ReadonlyMap<string | undefined, HostDtype> = new Map<string, HostDtype>([
  ["Float32Array", "float32"],
  ["Float64Array", "float64"],
  ["Int8Array", "int8"],
  ["Int16Array", "int16"],
  ["Int32Array", "int32"],
  ["Uint8Array", "uint8"],
  ["Uint8ClampedArray", "uint8"],
  ["Uint16Array", "uint16"],
  ["Uint32Array", "uint32"],
]);

function classTag(view: ArrayBufferView): string | undefined {
  return (view as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag];
}

function dtypeOf(data: TypedArray): HostDtype {
  if (!isTypedArray(data)) throw notData("data", data);
  return typedArrayDtypes.get(classTag(data))!;
}

function isDataWithShape(value: unknown): value is { data: TypedArray; shape: Shape } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    "data" in value &&
    "shape" in value
  );
}

function notData(argument: string, received: unknown): ArgumentError {
  const bigint = received instanceof BigInt64Array || received instanceof BigUint64Array;
  const mend = bigint ? "; convert it with Int32Array.from(values, Number)" : "";
  const what =
    received === null || typeof received !== "object" ? String(received) : received.constructor?.name;
  return new ArgumentError(
    argument,
    `${argument}: expected an NDArray, nested arrays of numbers or { data: typedArray, shape }, got ${what}${mend}`,
  );
}

function checkShape(data: TypedArray, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || size < 0))
    throw new ArgumentError("shape", `shape: expected an array of sizes, got ${JSON.stringify(shape)}`);
  if (sizeOf(shape) !== data.length)
    throw new ArgumentError(
      "shape",
      `shape: ${formatShape(shape)} holds ${sizeOf(shape)} elements, but the data have ${data.length}`,
    );
}

function nestedShape(input: NestedArray): number[] {
  const shape: number[] = [];
  let level: NestedArray | undefined = input;
  while (typeof level === "object") {
    shape.push(level.length);
    level = isTypedArray(level) ? undefined : level[0];
  }
  return shape;
}

function firstElement(input: NestedArray): number | boolean | undefined {
  let level: NestedArray | undefined = input;
  while (typeof level === "object") level = level[0];
  return level;
}

/** Copies nested values to `data` from `offset`; gives the offset after the last. */
function flatten(
  argument: string,
  input: NestedArray,
  shape: Shape,
  axis: number,
  data: Float32Array,
  offset: number,
  path: readonly number[],
): number {
  const at = (): string => argument + path.map((index) => `[${index}]`).join("");
  if (axis === shape.length) {
    if (typeof input !== "number" && typeof input !== "boolean")
      throw new ArgumentError(argument, `${at()}: expected a number, got ${describe(input)}`);
    data[offset] = Number(input);
    return offset + 1;
  }
  if (typeof input !== "object" || input === null)
    throw new ArgumentError(argument, `${at()}: expected ${shape[axis]} elements, got ${describe(input)}`);
  if (input.length !== shape[axis])
    throw new ArgumentError(
      argument,
      `${at()}: rows must be equally long: expected ${shape[axis]} elements, got ${input.length}`,
    );
  let next = offset;
  for (let i = 0; i < input.length; i++)
    next = flatten(argument, input[i]!, shape, axis + 1, data, next, [...path, i]);
  return next;
}

function describe(value: unknown): string {
  if (typeof value === "bigint") return `${value}n; convert it with Number(value)`;
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

const printedEnds = 3;

/** Elements from `offset` on, in brackets; the middle of long axes is left out. */
function printed(data: TypedArray, shape: Shape, offset: number): string {
  const [size, ...rest] = shape;
  if (size === undefined)
    return data instanceof Float32Array ? String(Number(data[offset]!.toPrecision(7))) : String(data[offset]);
  const stride = sizeOf(rest);
  const at = (i: number): string => printed(data, rest, offset + i * stride);
  const all = Array.from({ length: size }, (_, i) => i);
  if (size <= 2 * printedEnds + 1) return `[${all.map(at).join(", ")}]`;
  return `[${[...all.slice(0, printedEnds).map(at), "…", ...all.slice(-printedEnds).map(at)].join(", ")}]`;
}

function nest(data: TypedArray, shape: Shape, axis: number, offset: number): NestedNumbers {
  if (axis === shape.length) return data[offset]!;
  const stride = sizeOf(shape.slice(axis + 1));
  return Array.from({ length: shape[axis]! }, (_, i) => nest(data, shape, axis + 1, offset + i * stride));
}
