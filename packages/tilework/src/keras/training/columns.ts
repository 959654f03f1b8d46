/**
 * Data as training sees them: columns of equally many rows. What users pass (an array, several in a list, or a
 * record by name) becomes one column for each of the model's inputs or outputs.
 */
import type { HostData } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type ArrayInput, isTypedArray, NDArray, toNDArray } from "../../tensor/ndarray.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import { didYouMean } from "../../util/suggest.ts";
import { describe } from "../options/checks.ts";

/** One array, or one for each input or output: in a list, or by name. */
export type DataInput = ArrayInput | readonly ArrayInput[] | Readonly<Record<string, ArrayInput>>;

/** What a program must know of a column. */
export interface ColumnType {
  readonly dtype: Dtype;
  /** Shape of one row. */
  readonly rowShape: Shape;
}

export interface Column extends ColumnType {
  /** As the caller knows it: `x`, or `y.label`. */
  readonly argument: string;
  readonly rows: number;
  readonly data: HostData;
}

/** One column for each name; undefined for a name that a record leaves out. */
export function readColumns(
  argument: string,
  given: unknown,
  names: readonly string[],
): (Column | undefined)[] {
  if (isRecord(given)) return readRecord(argument, given, names);
  const list = listOf(given, names.length);
  if (list === undefined)
    throw new ArgumentError(
      argument,
      `${argument}: the model has ${names.length} (${names.join(", ")}); pass a list of ${names.length} arrays, ` +
        `or a record by name; got ${describe(given)}`,
    );
  return list.map((array, i) => readColumn(list.length === 1 ? argument : `${argument}[${i}]`, array));
}

function readRecord(
  argument: string,
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
): (Column | undefined)[] {
  if (isTypedArray(given.data) && !names.includes("data"))
    throw new ArgumentError(
      argument,
      `${argument}: typed data need their shape, as { data, shape }; got { ${Object.keys(given).join(", ")} }`,
    );
  for (const key of Object.keys(given))
    if (!names.includes(key))
      throw new ArgumentError(
        argument,
        `${argument}: the model has no "${key}"${didYouMean(key, names) || `; it has ${names.join(", ")}`}`,
      );
  return names.map((name) =>
    given[name] === undefined ? undefined : readColumn(`${argument}.${name}`, given[name]),
  );
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  if (typeof given !== "object" || given === null || Array.isArray(given) || isTypedArray(given))
    return false;
  return !(given instanceof NDArray) && !("data" in given && "shape" in given);
}

/** The arrays of a list; a single array, nested ones included, is a list of one. */
function listOf(given: unknown, count: number): readonly unknown[] | undefined {
  if (count === 1) return Array.isArray(given) && given.length === 1 && isArray(given[0]) ? given : [given];
  return Array.isArray(given) && given.length === count ? given : undefined;
}

function isArray(value: unknown): boolean {
  return value instanceof NDArray || (typeof value === "object" && value !== null && "shape" in value);
}

function readColumn(argument: string, given: unknown): Column {
  const array = toNDArray(argument, given as ArrayInput);
  const [rows, ...rowShape] = array.shape;
  if (rows === undefined)
    throw new ArgumentError(
      argument,
      `${argument}: expected an array of examples; got the number ${array.data[0]}`,
    );
  if (rows === 0 || sizeOf(rowShape) === 0)
    throw new ArgumentError(argument, `${argument}: has no data; its shape is [${array.shape.join(", ")}]`);
  return { argument, rows, rowShape, ...deviceData(array) };
}

/** The elements in a dtype that devices hold: bytes stay bytes, other integers become int32. */
function deviceData({ data, dtype }: NDArray): { data: HostData; dtype: Dtype } {
  switch (dtype) {
    case "float32":
      return { data: data as Float32Array, dtype };
    case "int32":
      return { data: data as Int32Array, dtype };
    case "uint8":
    case "bool":
      return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), dtype: "uint8" };
    case "int8":
    case "int16":
    case "uint16":
      return { data: Int32Array.from(data), dtype: "int32" };
    default:
      return { data: Float32Array.from(data), dtype: "float32" };
  }
}

/** The same rows in another shape of equal size. */
export function withRowShape(column: Column, rowShape: Shape): Column {
  return { ...column, rowShape };
}
