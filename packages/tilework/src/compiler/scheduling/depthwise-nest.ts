/** What depthwise convolutions and their gradients have in common: channels share nothing. */
import type { NestWork } from "./nest-work.ts";
import { placesOf } from "./shared-loads.ts";
import type { TileSpace } from "./step-cost.ts";
import { isNearAlong, variesAlong } from "./strided-access.ts";

/** The fewest neighbours that share anything. */
export const SIDE = 2;

/** Whether nothing but pixels and weights is shared: every operand moves with the vectors. */
export function isDepthwise({ work, target, vectorAxis, window }: TileSpace): boolean {
  const { levels, space } = work.nest;
  const [level] = levels;
  return (
    target.printer === "x64" &&
    target.fused &&
    window.length === 0 &&
    levels.length === 1 &&
    !level!.lanes &&
    work.operations <= 1 &&
    vectorAxis !== undefined &&
    space.includes(vectorAxis) &&
    work.loads.every((access) => variesAlong(access, vectorAxis) && isNearAlong(access, vectorAxis, target))
  );
}

export function imageAxes({ work, vectorAxis }: TileSpace): number[] {
  const { axes, space } = work.nest;
  return space.filter((axis) => axis !== vectorAxis && axes[axis]!.size >= SIDE);
}

export interface Points {
  readonly axis: number;
  readonly points: number;
}

/** Whether neighbours along one axis read what neighbouring steps along the other one do. */
export function overlaps({ loads }: NestWork, row: Points, step: Points): boolean {
  return loads.some(
    (access) =>
      variesAlong(access, row.axis) &&
      variesAlong(access, step.axis) &&
      placesOf(access, row.axis, row.points, step.axis, step.points) < row.points * step.points,
  );
}

/** Bytes between neighbours along an axis. */
export function leapOf({ loads }: NestWork, axis: number): number {
  return Math.max(...loads.map(({ form }) => 4 * Math.abs(form.strides[axis]!)));
}
