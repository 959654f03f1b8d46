import type { Value } from "../../../graph/value.ts";
import { softmax as softmaxOf } from "../../activations/activations.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { integer, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { resolveAxis } from "../axis.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface SoftmaxOptions extends LayerOptions {
  /** The axis whose elements sum to 1; negative ones count from the last. Default -1. */
  readonly axis?: number | undefined;
}

/** e^x, divided by its sum along an axis. */
export class Softmax extends Layer {
  static override readonly className: string = "Softmax";

  readonly axis: number;

  constructor(options?: SoftmaxOptions) {
    const owner = ownerOf(new.target);
    const checks = { ...layerChecks, axis: optional(integer, -1) };
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.axis = checked.axis;
  }

  override call(input: Value): Value {
    return softmaxOf(input, this.axis);
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    resolveAxis(this.name, this.axis, input);
    return input;
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Makes a Softmax layer. */
export function softmax(options?: SoftmaxOptions): Softmax {
  return new Softmax(options);
}
