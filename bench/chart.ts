/** Bar charts as SVG: groups of bars with their spread, on one scale a group. */

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The spread, where there is one. */
  readonly low?: number;
  readonly high?: number;
  /** What stands behind the bar. */
  readonly text: string;
  /** Tilework's own bars are blue, those in question amber, all others grey. */
  readonly kind: "own" | "other" | "short";
  /** A line across the bar, at the value that it should reach. */
  readonly goal?: number | undefined;
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** The value at the right end; default: the largest of the group. */
  readonly longest?: number;
}

const width = 900;
const row = 22;
const colours: Readonly<Record<Bar["kind"], string>> = { own: "#2563eb", other: "#9ca3af", short: "#d97706" };

/** Pixels of a letter of the labels and of the title, about. */
const letter = 6.9;
const titleLetter = 7.9;

export function drawChart(title: string, groups: readonly BarGroup[]): string {
  const bars = groups.flatMap((group) => group.bars);
  const left = 26 + letter * Math.max(20, ...bars.map(({ label }) => label.length));
  const right = 20 + letter * Math.max(8, ...bars.map(({ text }) => text.length));
  const total = Math.max(width, left + right + 300, 30 + titleLetter * title.length);
  const parts: string[] = [];
  let y = 40;
  for (const group of groups) {
    const scale = (total - left - right) / longestOf(group);
    y += row;
    parts.push(`<text x="10" y="${y}" font-weight="bold">${escaped(group.title)}</text>`);
    for (const bar of group.bars) {
      y += row;
      parts.push(...drawBar(bar, { left, y, scale }));
    }
    y += row / 2;
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels(total)}" height="${y + 30}" font-family="system-ui, sans-serif" font-size="13"><title>${escaped(title)}</title>` +
    `<rect width="100%" height="100%" fill="white"/><text x="10" y="24" font-size="15">${escaped(title)}</text>${parts.join("")}</svg>\n`
  );
}

interface Place {
  readonly left: number;
  readonly y: number;
  readonly scale: number;
}

function drawBar({ label, value, low, high, text, kind, goal }: Bar, { left, y, scale }: Place): string[] {
  const at = (x: number): string => pixels(left + x * scale);
  const spread =
    low === undefined || high === undefined
      ? []
      : [`<line x1="${at(low)}" x2="${at(high)}" y1="${y - 5}" y2="${y - 5}" stroke="#111827"/>`];
  const line =
    goal === undefined
      ? []
      : [
          `<line x1="${at(goal)}" x2="${at(goal)}" y1="${y - 15}" y2="${y + 5}" stroke="#dc2626" stroke-width="2"/>`,
        ];
  const end = Math.max(value, high ?? 0, goal ?? 0);
  return [
    `<text x="${pixels(left - 8)}" y="${y}" text-anchor="end">${escaped(label)}</text>`,
    `<rect x="${pixels(left)}" y="${y - 13}" width="${pixels(value * scale)}" height="16" fill="${colours[kind]}"/>`,
    ...spread,
    ...line,
    `<text x="${pixels(left + end * scale + 6)}" y="${y}">${escaped(text)}</text>`,
  ];
}

function longestOf({ bars, longest }: BarGroup): number {
  const largest = Math.max(
    ...bars.map(({ value, high = 0, goal = 0 }) => Math.max(value, high, goal)),
    longest ?? 0,
  );
  return largest > 0 ? largest : 1;
}

const pixels = (length: number): string => length.toFixed(1);

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
