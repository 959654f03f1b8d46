/** Checks that several ops share. All throw ShapeError with the op's name, what it got and what would fit. */
import type { TensorType } from "../graph/value.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import { ShapeError } from "../util/errors.ts";

/** The shape that all shapes broadcast to: aligned at the last axis, size 1 stretches (NumPy's rule). */
export function broadcastShapes(op: string, shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + axis] ?? 1);
    const size = sizes.find((candidate) => candidate !== 1) ?? 1;
    if (sizes.every((candidate) => candidate === 1 || candidate === size)) return size;
    const got = shapes.map((shape) => formatShape(shape)).join(" and ");
    throw new ShapeError(
      `${op}: shapes ${got} do not broadcast (${sizes.join(" against ")} along axis ${axis - rank}); ` +
        "sizes of each axis, counted from the last, must be equal or 1",
    );
  });
}

/** A non-negative axis; negative ones count from the last. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new ShapeError(
    rank === 0
      ? `${op}: a scalar has no axis ${axis}`
      : `${op}: axis ${axis} does not exist in a tensor of rank ${rank}; use ${-rank} to ${rank - 1}`,
  );
}

export function requireDtype(op: string, type: TensorType, allowed: readonly Dtype[], what = "input"): void {
  if (allowed.includes(type.dtype)) return;
  throw new ShapeError(
    `${op}: the ${what} is ${type.dtype}, but must be ${allowed.join(" or ")}; cast it first`,
  );
}

export function requireRank(op: string, type: TensorType, least: number, what = "input"): void {
  if (type.shape.length >= least) return;
  throw new ShapeError(
    `${op}: the ${what} has shape ${formatShape(type.shape)}, but needs at least ${least} ` +
      (least === 1 ? "axis" : "axes"),
  );
}
