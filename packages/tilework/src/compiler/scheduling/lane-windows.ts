/** More vectors than this are no better than lanes loaded one by one. */
const MOST_WINDOWS = 4;

/** A vector's worth of neighbouring elements: its first one, and how many of them may be touched. */
export interface LaneWindow {
  readonly first: number;
  readonly active: number;
}

/**
 * Few vectors that cover the wanted elements (by number), from the first one to the last one and no further.
 * Undefined where few do not.
 */
export function laneWindows(
  wanted: readonly (number | undefined)[],
  lanes: number,
): readonly LaneWindow[] | undefined {
  const elements = [...new Set(wanted.flatMap((element) => element ?? []))].sort((x, y) => x - y);
  const last = elements.at(-1);
  const windows: LaneWindow[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const element of elements) {
    if (element < end) continue;
    if (windows.length === MOST_WINDOWS) return undefined;
    const first = Math.max(elements[0]!, Math.min(element, last! + 1 - lanes));
    const active = Math.min(lanes, last! + 1 - first);
    windows.push({ first, active });
    end = first + active;
  }
  return windows;
}
