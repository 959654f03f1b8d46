import type { Value } from "../../graph/value.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { flag, optional } from "../options/checks.ts";
import { type OptionChecks, readOptions } from "../options/read-options.ts";
import { sparseCategoricalCrossentropyOf } from "./crossentropy.ts";
import { type LabelKind, Loss, type LossOptions, lossChecks } from "./loss.ts";

export interface SparseCategoricalCrossentropyOptions extends LossOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  readonly fromLogits?: boolean | undefined;
}

const checks = { ...lossChecks, fromLogits: optional(flag, false) } as const satisfies OptionChecks;

/** Crossentropy of class indices and a score for each class, along the last axis. */
export class SparseCategoricalCrossentropy extends Loss {
  static readonly className: string = "SparseCategoricalCrossentropy";
  readonly fromLogits: boolean;

  constructor(options: SparseCategoricalCrossentropyOptions = {}) {
    const given = readOptions("sparseCategoricalCrossentropy", options, checks);
    super(given);
    this.fromLogits = given.fromLogits;
  }

  override get labelKind(): LabelKind {
    return "class indices";
  }

  call(yTrue: Value, yPred: Value): Value {
    return sparseCategoricalCrossentropyOf(yTrue, yPred, this.fromLogits);
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), from_logits: this.fromLogits, ignore_class: null, axis: -1 };
  }
}

/** Makes a `SparseCategoricalCrossentropy`. */
export function sparseCategoricalCrossentropy(
  options: SparseCategoricalCrossentropyOptions = {},
): SparseCategoricalCrossentropy {
  return new SparseCategoricalCrossentropy(options);
}
