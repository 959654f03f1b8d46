import type { HostData } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import type { Shape } from "../../tensor/shape.ts";
import { finite, optional } from "../options/checks.ts";
import { readOptions } from "../options/read-options.ts";
import { filled, Initializer, type KerasConfig } from "./initializer.ts";

export interface ConstantOptions {
  /** Default 0. */
  readonly value?: number | undefined;
}

/** Every element is the same value. */
export class Constant extends Initializer {
  readonly className = "Constant" as const;
  readonly value: number;

  constructor(options: ConstantOptions | number = {}) {
    super();
    const given = typeof options === "number" ? { value: options } : options;
    this.value = readOptions("constant", given, { value: optional(finite, 0) }).value;
  }

  override values(shape: Shape, dtype: Dtype): HostData {
    return filled(this.value, shape, dtype);
  }

  override getConfig(): KerasConfig {
    return { value: this.value };
  }
}

/** Every element is 0. */
export class Zeros extends Initializer {
  readonly className = "Zeros" as const;

  override values(shape: Shape, dtype: Dtype): HostData {
    return filled(0, shape, dtype);
  }

  override getConfig(): KerasConfig {
    return {};
  }
}

/** Every element is 1. */
export class Ones extends Initializer {
  readonly className = "Ones" as const;

  override values(shape: Shape, dtype: Dtype): HostData {
    return filled(1, shape, dtype);
  }

  override getConfig(): KerasConfig {
    return {};
  }
}
