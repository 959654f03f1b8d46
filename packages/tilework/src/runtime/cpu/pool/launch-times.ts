/**
 * How long the launches of a step take, as workers measure it: for each worker a row of milliseconds, one a launch,
 * that start at infinity and keep the shortest of all steps.
 */
export class LaunchTimes {
  readonly #row: Float64Array;

  constructor(memory: ArrayBufferLike, address: number, launches: number, worker: number) {
    const bytes = launches * Float64Array.BYTES_PER_ELEMENT;
    this.#row = new Float64Array(memory, address + worker * bytes, launches);
  }

  keep(launch: number, milliseconds: number): void {
    this.#row[launch] = Math.min(this.#row[launch]!, milliseconds);
  }
}

/** Times launches that a worker runs one after the other, slice by slice. */
export class SliceTimes {
  readonly #sums: number[];
  #at = 0;
  #last = 0;
  #slices = 0;

  constructor(launches: number) {
    this.#sums = new Array<number>(launches).fill(0);
  }

  startSlice(): void {
    this.#at = 0;
    this.#slices++;
    this.#last = performance.now();
  }

  /** The next launch is done. */
  passed(): void {
    const now = performance.now();
    this.#sums[this.#at++]! += now - this.#last;
    this.#last = now;
  }

  /** Keeps what all slices would take if all workers took them as this one did. */
  keep(times: LaunchTimes, first: number, slices: number, workers: number): void {
    if (this.#slices === 0) return;
    for (const [at, sum] of this.#sums.entries())
      times.keep(first + at, ((sum / this.#slices) * slices) / workers);
  }
}

/** The shortest of each launch. */
export function shortestTimes(rows: Float64Array, launches: number): number[] {
  return Array.from({ length: launches }, (_, launch) =>
    rows.reduce(
      (shortest, time, at) => (at % launches === launch ? Math.min(shortest, time) : shortest),
      Number.POSITIVE_INFINITY,
    ),
  );
}
