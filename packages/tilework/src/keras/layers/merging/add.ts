import type { Value } from "../../../graph/value.ts";
import { add as addOf } from "../../../ops/binary/add.ts";
import { reshape } from "../../../ops/shape/reshape.ts";
import { formatShape } from "../../../tensor/shape.ts";
import { ShapeError } from "../../../util/errors.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import type { CallContext } from "../call-context.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

/** Adds tensors element by element. Axes of size 1 stretch; fewer axes are aligned at the last. */
export class Add extends Layer {
  static override readonly className: string = "Add";

  constructor(options?: LayerOptions) {
    const owner = ownerOf(new.target);
    super(readOptions(owner, joinArguments(owner, [], [options]), layerChecks));
  }

  override buildAll(_inputs: readonly KerasShape[]): void {}

  override callAll(inputs: readonly Value[], _context: CallContext): readonly Value[] {
    const rank = Math.max(...inputs.map((input) => input.shape.length));
    const aligned = inputs.map((input) => reshape(input, alignShape(input.shape, rank) as readonly number[]));
    return [aligned.reduce((sum, term) => addOf(sum, term))];
  }

  override computeOutputShapes(inputs: readonly KerasShape[]): readonly KerasShape[] {
    if (inputs.length < 2)
      throw new ShapeError(
        `${this.name}: adds two tensors or more, got ${inputs.length}; apply it to an array of them`,
      );
    const rank = Math.max(...inputs.map((shape) => shape.length));
    const aligned = inputs.map((shape) => alignShape(shape, rank));
    return [
      Array.from({ length: rank }, (_, axis) =>
        this.#broadcast(
          aligned.map((shape) => shape[axis]!),
          axis,
          inputs,
        ),
      ),
    ];
  }

  #broadcast(sizes: readonly (number | null)[], axis: number, inputs: readonly KerasShape[]): number | null {
    if (axis === 0) return sizes.find((size) => size !== null) ?? null;
    const known = sizes.filter((size) => size !== null && size !== 1);
    if (known.some((size) => size !== known[0]))
      throw new ShapeError(
        `${this.name}: its inputs have shapes ${inputs.map(formatShape).join(" and ")}, which do not add: ` +
          `along axis ${axis} sizes must be equal or 1, got ${sizes.map((size) => size ?? "None").join(" and ")}`,
      );
    if (sizes.includes(null)) return known[0] ?? null;
    return known[0] ?? 1;
  }
}

/** The shape with axes of size 1 behind the batch, up to `rank` axes. */
function alignShape(shape: KerasShape, rank: number): KerasShape {
  return [shape[0]!, ...new Array<number>(rank - shape.length).fill(1), ...shape.slice(1)];
}

/** Makes an Add layer; apply it to an array of tensors. */
export function add(options?: LayerOptions): Add {
  return new Add(options);
}
