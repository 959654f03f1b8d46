/** The counter behind automatic names: `conv2d`, `conv2d_1`, … */
const used = new Map<string, number>();

/** `base` the first time, then `base_1`, `base_2` and so on, as Keras counts. */
export function uniqueName(base: string): string {
  const count = used.get(base) ?? 0;
  used.set(base, count + 1);
  return count === 0 ? base : `${base}_${count}`;
}

/** Starts all counters again; models that exist keep their names. */
export function clearSession(): void {
  used.clear();
}
