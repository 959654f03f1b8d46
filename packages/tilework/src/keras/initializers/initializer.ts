import type { HostData } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";

/** Keras's config of an object, by its snake_case keys. */
export type KerasConfig = Readonly<Record<string, unknown>>;

/** Computes a weight's start values on the host. */
export abstract class Initializer {
  /** Keras's class name, such as "GlorotUniform". */
  abstract readonly className: string;

  /** The start values. `seed` is used by random initializers that were given none themselves. */
  abstract values(shape: Shape, dtype: Dtype, seed: number): HostData;

  /** The options by Keras's keys. */
  abstract getConfig(): KerasConfig;
}

/** An array of one value. */
export function filled(value: number, shape: Shape, dtype: Dtype): HostData {
  const size = sizeOf(shape);
  if (dtype === "float32") return new Float32Array(size).fill(value);
  return dtype === "int32" ? new Int32Array(size).fill(value) : new Uint8Array(size).fill(value);
}
