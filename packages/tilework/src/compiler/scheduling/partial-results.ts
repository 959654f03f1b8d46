/**
 * How many different results of the inner level a register tile needs: neighbouring rows whose windows overlap
 * share what the inner level gives.
 */
import type { NestWork } from "./nest-work.ts";
import { type StridedAccess, variesAlong } from "./strided-access.ts";

export class PartialResults {
  readonly #work: NestWork;
  /** The points of the level 1 axes that are unrolled in the tile, by axis. */
  readonly #window: readonly ReadonlyMap<number, number>[];
  readonly #known = new Map<string, number>();

  constructor(work: NestWork, window: readonly number[]) {
    this.#work = work;
    this.#window = window.reduce<ReadonlyMap<number, number>[]>(
      (points, axis) =>
        points.flatMap((point) =>
          Array.from(
            { length: work.nest.axes[axis]!.size },
            (_, value) => new Map([...point, [axis, value]]),
          ),
        ),
      [new Map()],
    );
  }

  /** Points of level 0 for one register of the tile. */
  count(rowAxis: number | undefined, rows: number): number {
    return this.#distinct(`${rowAxis} ${rows}`, this.#work.loads, rowAxis, rows);
  }

  /** Places that an access reads for one register of the tile. */
  copies(access: StridedAccess, rowAxis: number | undefined, rows: number): number {
    const moves = rowAxis !== undefined && variesAlong(access, rowAxis);
    const at = this.#work.loads.indexOf(access);
    return this.#distinct(
      `${at} ${rowAxis} ${rows}`,
      [access],
      moves ? rowAxis : undefined,
      moves ? rows : 1,
    );
  }

  #distinct(
    key: string,
    accesses: readonly StridedAccess[],
    rowAxis: number | undefined,
    rows: number,
  ): number {
    if (this.#window.length === 1) return rows;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const places = new Set<string>();
    for (let row = 0; row < rows; row++)
      for (const point of this.#window)
        places.add(accesses.map((access) => placeOf(access, rowAxis, row, point)).join(";"));
    this.#known.set(key, places.size);
    return places.size;
  }
}

function placeOf(
  { form }: StridedAccess,
  rowAxis: number | undefined,
  row: number,
  point: ReadonlyMap<number, number>,
): string {
  let place = rowAxis === undefined ? 0 : form.strides[rowAxis]! * row;
  for (const [axis, value] of point) place += form.strides[axis]! * value;
  const tables = form.tables.map(({ axis }) => (axis === rowAxis ? row : point.get(axis)) ?? "");
  return `${place} ${tables.join()}`;
}
