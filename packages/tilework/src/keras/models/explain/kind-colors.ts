/** Tells a page's buffers apart by kinds of layers, so few that colors do it; dark text can be read on all. */

/** What something is of: a layer's class (`Conv2D`), or a part of the step beside the layers. */
export type KindOf = (origin: string) => string;

export const otherKinds = "others";

const colors = [
  "#7db4ea",
  "#f5b465",
  "#8ed29c",
  "#e98f8b",
  "#c4a6e6",
  "#ecd965",
  "#73cfcb",
  "#f3a5cf",
  "#bfa486",
  "#c2e067",
  "#a3b1c6",
] as const;
const otherColor = "#d8d8d8";

/** One color a kind, the largest kinds first; what is beyond eleven is one of the `others`. */
export function kindColors(sizes: ReadonlyMap<string, number>): Map<string, string> {
  const largest = [...sizes].sort(([, a], [, b]) => b - a).map(([kind]) => kind);
  const named = largest.filter((kind) => kind !== otherKinds);
  const shown = named.slice(0, colors.length);
  const found = new Map(shown.map((kind, at): [string, string] => [kind, colors[at]!]));
  return shown.length === largest.length ? found : found.set(otherKinds, otherColor);
}
