import type { Value } from "../../../graph/value.ts";
import {
  type ActivationInput,
  type Activation as ActivationOf,
  getActivation,
} from "../../activations/activation.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { refusal } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface ActivationOptions extends LayerOptions {
  /** Required. */
  readonly activation?: ActivationInput | undefined;
}

/** Applies an activation function. */
export class Activation extends Layer {
  static override readonly className: string = "Activation";

  readonly activation: ActivationOf;

  constructor(activation: ActivationInput | ActivationOptions, options?: ActivationOptions) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, ["activation"], [activation, options]), {
      ...layerChecks,
      activation: (value, at): ActivationOf => {
        if (value === undefined) throw refusal(at, "given", value, '; pass "relu", say');
        return getActivation(value, at);
      },
    });
    super(checked);
    this.activation = checked.activation;
  }

  override call(input: Value): Value {
    return this.activation.apply(input);
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), activation: this.activation.name };
  }
}

/** Makes an Activation layer. */
export function activation(
  activation: ActivationInput | ActivationOptions,
  options?: ActivationOptions,
): Activation {
  return new Activation(activation, options);
}
