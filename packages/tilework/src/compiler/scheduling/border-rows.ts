/**
 * Rows of a tile that take part in a step. Padding costs no multiply-adds, for a tap that falls beyond the border of
 * the image is left out; but a step of few rows takes as long as the accumulators' chains are, so that small tiles of
 * small images lose at the borders what they save.
 */
import type { Guard } from "../../kernel/nest.ts";
import { type NestWork, pointsOf } from "./nest-work.ts";

/** Rows times taps from which on borders are a small part. */
const LARGE = 1024;

interface Border {
  readonly taps: number;
  takesPart(row: number, tap: number): boolean;
}

/**
 * How much longer steps take beside a border than their part of the rows would: 1 where every row takes part in every
 * step, or nearly so. `tiles`: rows of a tile and how many such there are, one after the other along the axis; `cycles`:
 * of a step of so many rows.
 */
export function borderLoss(
  work: NestWork,
  rowAxis: number,
  tiles: readonly (readonly [rows: number, count: number])[],
  cycles: (rows: number) => number,
): number {
  const border = borderOf(work, rowAxis);
  if (border === undefined) return 1;
  let [taken, due, first] = [0, 0, 0];
  for (const [rows, times] of tiles) {
    const whole = cycles(rows) / rows;
    for (const end = first + rows * times; first < end; first += rows)
      for (let tap = 0; tap < border.taps; tap++) {
        let count = 0;
        for (let row = first; row < first + rows; row++) if (border.takesPart(row, tap)) count++;
        if (count > 0) taken += count === rows ? whole * rows : cycles(count);
        due += whole * count;
      }
  }
  return due === 0 ? 1 : Math.max(1, taken / due);
}

function borderOf({ nest }: NestWork, rowAxis: number): Border | undefined {
  const inner = nest.levels[0]?.axes ?? [];
  for (const guard of nest.guards) {
    const own = strideAlong(guard, rowAxis);
    const tapAxis = guard.index.terms.find(({ axis }) => inner.includes(axis))?.axis;
    if (own === undefined || tapAxis === undefined || guard.index.terms.length !== 2) continue;
    const step = strideAlong(guard, tapAxis);
    if (step === undefined || pointsOf(nest, [rowAxis, tapAxis]) > LARGE) continue;
    const { offset } = guard.index;
    return {
      taps: nest.axes[tapAxis]!.size,
      takesPart: (row, tap) => {
        const place = offset + own * row + step * tap;
        return place >= 0 && place < guard.size;
      },
    };
  }
  return undefined;
}

function strideAlong({ index }: Guard, axis: number): number | undefined {
  const term = index.terms.find((each) => each.axis === axis);
  return term !== undefined && "stride" in term ? term.stride : undefined;
}
