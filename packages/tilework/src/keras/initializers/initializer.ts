import type { HostData } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import type { Shape } from "../../tensor/shape.ts";

/** Keras's config of an object, by its snake_case keys. */
export type KerasConfig = Readonly<Record<string, unknown>>;

/** Computes a weight's start values on the host. */
export abstract class Initializer {
  /** The start values. `seed` is used by random initializers that were given none themselves. */
  abstract values(shape: Shape, dtype: Dtype, seed: number): HostData;

  /** Keras's class name, such as "GlorotUniform". */
  abstract readonly className: string;

  /** The options by Keras's keys. */
  abstract getConfig(): KerasConfig;
}
