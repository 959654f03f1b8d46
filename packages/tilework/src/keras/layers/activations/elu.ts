import type { Value } from "../../../graph/value.ts";
import { elu as eluOf } from "../../activations/activations.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { finite, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface ELUOptions extends LayerOptions {
  /** What the result tends to, negated, far below 0. Default 1. */
  readonly alpha?: number | undefined;
}

/** x above 0, else alpha · (e^x - 1). */
export class ELU extends Layer {
  static override readonly className: string = "ELU";

  readonly alpha: number;

  constructor(options?: ELUOptions) {
    const owner = ownerOf(new.target);
    const checks = { ...layerChecks, alpha: optional(finite, 1) };
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.alpha = checked.alpha;
  }

  override call(input: Value): Value {
    return eluOf(input, this.alpha);
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

/** Makes an ELU layer. */
export function elu(options?: ELUOptions): ELU {
  return new ELU(options);
}
