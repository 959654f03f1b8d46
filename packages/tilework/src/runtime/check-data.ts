/** Refuses typed arrays that do not fit what they are meant for, before anything changes. */
import type { TensorType } from "../graph/value.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import { ArgumentError } from "../util/errors.ts";
import type { HostData } from "./device.ts";

const classes = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array } as const;

/** Throws an ArgumentError unless the array has the dtype's class; `where` begins the message. */
export function checkClass(argument: string, where: string, data: HostData, dtype: Dtype): void {
  if (data instanceof classes[dtype]) return;
  throw new ArgumentError(
    argument,
    `${where}: got ${(data as object).constructor.name}; ${dtype} needs ${classes[dtype].name}`,
  );
}

/** Throws an ArgumentError unless the array has the type's class and number of elements. */
export function checkData(argument: string, where: string, data: HostData, type: TensorType): void {
  checkClass(argument, where, data, type.dtype);
  const needed = sizeOf(type.shape);
  if (data.length !== needed)
    throw new ArgumentError(
      argument,
      `${where}: got ${data.length} elements; the shape ${formatShape(type.shape)} needs ${needed}`,
    );
}

/** The number of rows; throws an ArgumentError where the elements do not fill the last one. */
export function checkRows(data: HostData, rowSize: number, dtype: Dtype): number {
  checkClass("data", "source", data, dtype);
  const rows = data.length / rowSize;
  if (!Number.isInteger(rows))
    throw new ArgumentError("data", `got ${data.length} elements; rows of ${rowSize} do not fill them`);
  return rows;
}
