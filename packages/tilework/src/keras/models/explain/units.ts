/** Numbers of a report, as people read them. */

/** Milliseconds in microseconds, with what a clock can tell of them. */
export function microseconds(milliseconds: number): string {
  const time = 1000 * milliseconds;
  return time < 100 ? time.toFixed(1) : time.toFixed(0);
}

export function formatTime(milliseconds: number): string {
  if (milliseconds < 0.9995) return `${(1000 * milliseconds).toPrecision(3)} µs`;
  return milliseconds < 999.5 ? `${milliseconds.toPrecision(3)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** A count with three digits and a decimal prefix: `12.3 M`. */
export function formatCount(count: number): string {
  const prefixes = ["", "k", "M", "G", "T"];
  const power = Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return power === 0 ? `${count} ` : `${(count / 1000 ** power).toPrecision(3)} ${prefixes[power]}`;
}

/** Bytes with three digits and a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  const digits = power === 0 ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[power]}`;
}

export function ratio(a: number, b: number): string {
  return b === 0 ? "0.00" : (a / b).toFixed(2);
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
