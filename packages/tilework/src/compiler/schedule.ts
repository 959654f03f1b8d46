/**
 * How a nest runs on a target: which axis lies across a vector register, which register tile, which loop order.
 * A schedule never changes a bit of any result: each output's reduction keeps its order.
 */
import type { Nest } from "../kernel/nest.ts";
import type { Target } from "./target.ts";

export interface Schedule {
  /**
   * The axis that lies across vector registers: a space axis (neighbouring results), or, in a nest whose level
   * has `lanes`, that level's last axis. Undefined: one result at a time.
   */
  readonly vectorAxis: number | undefined;
  /** Vector registers of one tile along `vectorAxis` (of a space axis). */
  readonly vectors: number;
  /**
   * Other space axes (or axes of level 1) of which this many neighbours are computed together in registers. A tile
   * may reach over the end of its axis where the loop around it continues in memory: the two are then one loop.
   */
  readonly rows: readonly { readonly axis: number; readonly count: number }[];
  /** The space axes as loops, outermost first; tiled axes stand for the loop over their tiles. */
  readonly order: readonly number[];
  /** How many leading loops of `order` make the task index: tasks = the product of their trip counts. */
  readonly taskLoops: number;
  /**
   * How many leading axes of level 0 run outside the tile loops, with the accumulators kept in the (float32)
   * output buffers in between.
   */
  readonly outerReduction: number;
  /** Values of the last of those axes that a tile takes in one visit. Default 1. */
  readonly outerBlock?: number;
  /** Iterations of the innermost reduction loop written out in a row. */
  readonly unroll: number;
  /** Stores go past the caches. */
  readonly streaming: boolean;
}

export interface ScheduledNest {
  readonly nest: Nest;
  readonly schedule: Schedule;
  readonly target: Target;
}
