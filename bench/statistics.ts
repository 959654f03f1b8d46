/** Medians and spreads of samples. */

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly best: number;
}

/** The median with the 20th and 80th percentile. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))]!;
  return { median: at(0.5), low: at(0.2), high: at(0.8), best: sorted[0]! };
}
