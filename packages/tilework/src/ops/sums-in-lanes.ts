/** Lanes of a sum (see kernel/nest.ts). */
const LANES = 16;
/** What combining them costs, in multiply-adds of vectors. */
const COMBINING = 4;
/** What an element of an operand costs that must be turned first. */
const TURNING = 0.3;
/** The same for an element of the left operand, where rows are to lie along vectors; they are filled that well. */
const TURNING_ROWS = 0.4;
const FILLED = 0.6;
/** Elements that are read less often are not turned. */
const FEWEST_READS = 4;
/** What summing in lanes must leave of the cycles. */
const CLEAR_GAIN = 0.92;

export interface ProductSums {
  /** Results that read the same column. */
  readonly rows: number;
  /** More than there are lanes fill vectors well enough. */
  readonly columns: number;
  /** Products of a result. */
  readonly depth: number;
  /** Those of them whose left factors lie in a row. */
  readonly run: number;
  /** The right factors lie in rows of columns. */
  readonly isTurned: boolean;
}

/**
 * Whether sums of products for few columns are faster with their terms in lanes than with the columns along vectors,
 * which they fill badly, or with the rows, which lie apart in memory. It decides the order of the sums, so it
 * asks for sizes alone: the same on all devices.
 */
export function sumsInLanes({ rows, columns, depth, run, isTurned }: ProductSums): boolean {
  if (columns > LANES) return false;
  const turning = isTurned ? (TURNING * depth * columns) / rows : 0;
  const steps = (depth / run) * Math.ceil(run / LANES);
  const inLanes = columns * (steps + COMBINING) + turning;
  const mayTurnRows = (columns * depth) / run >= FEWEST_READS;
  const alongRows = mayTurnRows ? (columns * depth) / LANES / FILLED + TURNING_ROWS * run : depth;
  return inLanes < CLEAR_GAIN * Math.min(depth, alongRows);
}
