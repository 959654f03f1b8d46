/** Interleaved timing for the laboratory. */

export interface Job {
  readonly name: string;
  /** Floating-point operations of a call. */
  readonly operations: number;
  readonly call: () => void;
}

/** Calls all jobs in turn, `samples` times, and prints each one's median and best rate in GFLOP/s. */
export function report(jobs: readonly Job[], samples: number): void {
  const rates: number[][] = jobs.map(() => []);
  for (let round = 0; round < samples; round++)
    for (const [at, { call, operations }] of jobs.entries()) {
      const start = performance.now();
      call();
      rates[at]!.push(operations / (performance.now() - start) / 1e6);
    }
  for (const [at, list] of rates.entries()) {
    list.sort((x, y) => x - y);
    const [median, best] = [list[list.length >> 1]!, list.at(-1)!];
    console.log(jobs[at]!.name.padEnd(30), `median ${median.toFixed(1)}, best ${best.toFixed(1)} GFLOP/s`);
  }
}
