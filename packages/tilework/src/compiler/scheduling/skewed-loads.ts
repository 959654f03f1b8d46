import type { Reduction } from "../../kernel/nest.ts";
import type { Target } from "../target.ts";
import type { NestWork } from "./nest-work.ts";

/** Rows that read, `step` taps further on, what the rows before them read. */
export interface SkewedLoads {
  readonly step: number;
  /** Taps of the reduction axis. */
  readonly taps: number;
}

/**
 * Whether rows of a tile share their loads along the innermost reduction axis where that is written out (see
 * codegen/tile/skew.ts); not where each load is an instruction's operand in memory or registers are few.
 */
export function skewedLoads(
  { nest, loads }: NestWork,
  target: Target,
  rowAxis: number | undefined,
): SkewedLoads | undefined {
  if (target.printer === "wasm") return undefined;
  const [level, ...others] = nest.levels;
  const axis = level?.axes.at(-1);
  if (rowAxis === undefined || axis === undefined || level!.lanes || others.length > 0) return undefined;
  if (level!.reductions.some(isPlain)) return undefined;
  let common: number | undefined;
  for (const { form, isDynamic } of loads) {
    if (isDynamic || form.tables.some((term) => term.axis === axis || term.axis === rowAxis))
      return undefined;
    if (form.strides[axis] === 0 && form.strides[rowAxis] === 0) continue;
    const step = form.strides[rowAxis]! / form.strides[axis]!;
    if (!Number.isInteger(step) || step < 1 || (common !== undefined && step !== common)) return undefined;
    common = step;
  }
  return common === undefined ? undefined : { step: common, taps: nest.axes[axis]!.size };
}

/** Whether each load is used just once, as an instruction's operand in memory. */
export function isPlain({ op, value }: Reduction): boolean {
  return value.kind === "load" || (op === "add" && value.kind === "binary" && value.op === "mul");
}
