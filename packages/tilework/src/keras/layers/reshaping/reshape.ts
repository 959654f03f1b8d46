import type { Value } from "../../../graph/value.ts";
import { reshape as reshapeOf } from "../../../ops/shape/reshape.ts";
import { formatShape, type Shape, sizeOf } from "../../../tensor/shape.ts";
import { ShapeError } from "../../../util/errors.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { type Check, isWhole, refusal } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface ReshapeOptions extends LayerOptions {
  /** Shape of one example, without the batch; one size may be -1, which follows from the others. Required. */
  readonly targetShape?: Shape | undefined;
}

const targetShape: Check<Shape> = (value, at) => {
  const isSize = (size: unknown): boolean => isWhole(size) && (size >= 1 || size === -1);
  const open = Array.isArray(value) ? value.filter((size) => size === -1).length : 0;
  if (Array.isArray(value) && value.every(isSize) && open <= 1) return value as Shape;
  throw refusal(at, "an array of sizes (whole numbers of at least 1, at most one of them -1)", value);
};

/** Gives each example another shape; the elements keep their row-major order. */
export class Reshape extends Layer {
  static override readonly className: string = "Reshape";

  readonly targetShape: Shape;

  constructor(targetShapeOrOptions: Shape | ReshapeOptions, options?: ReshapeOptions) {
    const owner = ownerOf(new.target);
    const given = joinArguments(owner, ["targetShape"], [targetShapeOrOptions, options]);
    const checked = readOptions(owner, given, { ...layerChecks, targetShape });
    super(checked);
    this.targetShape = checked.targetShape;
  }

  override get keepsDtype(): boolean {
    return true;
  }

  override call(input: Value): Value {
    return reshapeOf(input, [input.shape[0]!, ...this.targetShape]);
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const example = input.slice(1);
    const open = this.targetShape.includes(-1);
    if (example.includes(null))
      return [input[0]!, ...this.targetShape.map((size) => (size === -1 ? null : size))];
    const size = sizeOf(example as Shape);
    const known = Math.abs(sizeOf(this.targetShape));
    if (open ? size % known !== 0 : size !== known)
      throw new ShapeError(
        `${this.name}: targetShape ${formatShape(this.targetShape)} ${open ? `needs a multiple of ${known}` : `holds ${known}`} elements, ` +
          `but an example of its input ${formatShape(input)} has ${size}`,
      );
    return [input[0]!, ...this.targetShape.map((target) => (target === -1 ? size / known : target))];
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), target_shape: this.targetShape };
  }
}

/** Makes a Reshape layer. */
export function reshape(targetShapeOrOptions: Shape | ReshapeOptions, options?: ReshapeOptions): Reshape {
  return new Reshape(targetShapeOrOptions, options);
}
