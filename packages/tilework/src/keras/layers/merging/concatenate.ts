import type { Value } from "../../../graph/value.ts";
import { concatenate as concatenateOf } from "../../../ops/shape/concatenate.ts";
import type { Dtype } from "../../../tensor/dtype.ts";
import { formatShape } from "../../../tensor/shape.ts";
import { ShapeError } from "../../../util/errors.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { integer, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { resolveAxis } from "../axis.ts";
import type { CallContext } from "../call-context.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface ConcatenateOptions extends LayerOptions {
  /** The axis along which tensors follow each other; negative ones count from the last. Default -1. */
  readonly axis?: number | undefined;
}

/** Puts tensors one behind the other along an axis; all other axes are equal. */
export class Concatenate extends Layer {
  static override readonly className: string = "Concatenate";

  readonly axis: number;

  constructor(options?: ConcatenateOptions) {
    const owner = ownerOf(new.target);
    const checks = { ...layerChecks, axis: optional(integer, -1) };
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.axis = checked.axis;
  }

  override buildAll(_inputs: readonly KerasShape[]): void {}

  override callAll(inputs: readonly Value[], _context: CallContext): readonly Value[] {
    return [concatenateOf(inputs, this.axis)];
  }

  override computeOutputShapes(inputs: readonly KerasShape[]): readonly KerasShape[] {
    if (inputs.length < 2)
      throw new ShapeError(
        `${this.name}: puts two tensors or more together, got ${inputs.length}; apply it to an array of them`,
      );
    const first = inputs[0]!;
    const axis = resolveAxis(this.name, this.axis, first);
    for (const shape of inputs) this.#check(shape, first, axis, inputs);
    const along = inputs.map((shape) => shape[axis]!);
    const total = along.reduce<number | null>(
      (sum, size) => (sum === null || size === null ? null : sum + size),
      0,
    );
    return [
      first.map((_, a) => (a === axis ? total : (inputs.find((shape) => shape[a] !== null)?.[a] ?? null))),
    ];
  }

  override computeOutputDtypes(_inputs: readonly Dtype[]): readonly Dtype[] {
    return [this.dtype];
  }

  #check(shape: KerasShape, first: KerasShape, axis: number, inputs: readonly KerasShape[]): void {
    const fits =
      shape.length === first.length &&
      shape.every((size, a) => a === axis || size === null || first[a] === null || size === first[a]);
    if (!fits)
      throw new ShapeError(
        `${this.name}: its inputs have shapes ${inputs.map(formatShape).join(" and ")}; ` +
          `all axes but the one along which they follow each other (${axis}) must be equal`,
      );
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Makes a Concatenate layer; apply it to an array of tensors. */
export function concatenate(options?: ConcatenateOptions): Concatenate {
  return new Concatenate(options);
}
