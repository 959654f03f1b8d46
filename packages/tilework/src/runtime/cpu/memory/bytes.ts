/** Typed arrays as bytes and back. */
import type { TensorType } from "../../../graph/value.ts";
import { byteSize } from "../../../tensor/dtype.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import type { HostData } from "../../device.ts";

/** The bytes that a value takes in the device's memory. */
export function bytesOf(type: TensorType): number {
  return sizeOf(type.shape) * byteSize[type.dtype];
}

/** The same memory, as bytes. */
export function bytesIn(data: HostData | Uint32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The value that lies at that offset, as a view. */
export function dataAt(bytes: Uint8Array<ArrayBuffer>, offset: number, type: TensorType): HostData {
  const start = bytes.byteOffset + offset;
  const length = sizeOf(type.shape);
  if (type.dtype === "float32") return new Float32Array(bytes.buffer, start, length);
  if (type.dtype === "int32") return new Int32Array(bytes.buffer, start, length);
  return new Uint8Array(bytes.buffer, start, length);
}
