/** The counters behind automatic names: conv2d, conv2d_1, conv2d_2, as Keras counts. */
const counts = new Map<string, number>();

/** `prefix` the first time, then `prefix_1`, `prefix_2`, … */
export function uniqueName(prefix: string): string {
  const count = counts.get(prefix) ?? 0;
  counts.set(prefix, count + 1);
  return count === 0 ? prefix : `${prefix}_${count}`;
}

/** Automatic names start anew, as Keras's `clear_session` makes them. */
export function clearSession(): void {
  counts.clear();
}
