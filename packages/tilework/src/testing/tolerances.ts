/** How far a computed number may lie from the expected one: |got - expected| <= absolute + relative · |expected|. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** The one table of tolerances. Numbers are float32 (unit roundoff 6e-8) against float64 unless said otherwise. */
export const tolerances = {
  /** Integers, copies, choices: the same number. */
  exact: { relative: 0, absolute: 0 },
  /** A few roundings. */
  arithmetic: { relative: 5e-7, absolute: 1e-7 },
  /** Elementary functions and short formulas of them, also where nearly equal terms cancel. */
  elementary: { relative: 2e-6, absolute: 1e-6 },
  /** Sums of up to some hundred thousand terms of size 1. */
  sum: { relative: 1e-5, absolute: 2e-5 },
  /** Losses over twenty training steps: most stay within 1e-6, until a rounding puts a relu on its other side. */
  trajectory: { relative: 5e-4, absolute: 1e-5 },
  /** Central differences against gradient rules, both in float64. */
  centralDifference: { relative: 1e-6, absolute: 1e-7 },
} as const satisfies Readonly<Record<string, Tolerance>>;

export type ToleranceName = keyof typeof tolerances;

/** The first element that is too far off, in words; undefined where all agree. NaN agrees with NaN. */
export function firstDifference(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, absolute }: Tolerance,
): string | undefined {
  if (got.length !== expected.length) return `${got.length} elements instead of ${expected.length}`;
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const agrees =
      a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= absolute + relative * Math.abs(b);
    if (!agrees) return `element ${i} is ${a} instead of ${b}`;
  }
  return undefined;
}
