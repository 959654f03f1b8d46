/** A bar chart of medians with their spread, as SVG. */
import { millisecondsOf, type NetworkResult } from "./report.ts";

const width = 900;
const left = 210;
const row = 22;

export function drawChart(title: string, results: readonly NetworkResult[]): string {
  const parts: string[] = [];
  let y = 40;
  for (const { network, measured } of results) {
    const spreads = measured.map((peer) => ({ label: peer.label, ...millisecondsOf(peer) }));
    const longest = Math.max(...spreads.map((spread) => spread.high));
    const scale = (width - left - 120) / longest;
    y += row;
    parts.push(`<text x="10" y="${y}" font-weight="bold">network ${network}</text>`);
    for (const { label, median, low, high } of spreads) {
      y += row;
      const colour = label.startsWith("Tilework") ? "#2563eb" : "#9ca3af";
      parts.push(
        `<text x="${left - 8}" y="${y}" text-anchor="end">${label}</text>`,
        `<rect x="${left}" y="${y - 13}" width="${(median * scale).toFixed(1)}" height="16" fill="${colour}"/>`,
        `<line x1="${(left + low * scale).toFixed(1)}" x2="${(left + high * scale).toFixed(1)}" y1="${y - 5}" y2="${y - 5}" stroke="#111827"/>`,
        `<text x="${(left + high * scale + 6).toFixed(1)}" y="${y}">${median.toFixed(2)} ms</text>`,
      );
    }
    y += row / 2;
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 30}" font-family="system-ui, sans-serif" font-size="13"><title>${title}</title>` +
    `<rect width="100%" height="100%" fill="white"/><text x="10" y="24" font-size="15">${title}</text>${parts.join("")}</svg>\n`
  );
}
