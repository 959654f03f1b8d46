import { formatShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import type { KerasShape } from "./keras-tensor.ts";

/** The axis counted from the first; refuses one that the shape lacks, and the batch. */
export function resolveAxis(layer: string, axis: number, shape: KerasShape): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (resolved >= 1 && resolved < shape.length) return resolved;
  const allowed = `1 to ${shape.length - 1} or ${1 - shape.length} to -1`;
  const rule = resolved === 0 ? "must not be the batch" : "does not exist";
  throw new ShapeError(
    `${layer}: axis ${axis} ${rule} in an input of shape ${formatShape(shape)}; use ${allowed}`,
  );
}
