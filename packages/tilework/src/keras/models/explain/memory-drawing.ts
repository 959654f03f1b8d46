/** Memory as a drawing: time to the right, offsets upwards, one rectangle a buffer. */
import type { ExplainedBuffer } from "../../../compiler/explain/explain-plan.ts";
import { escapeHtml } from "./escape-html.ts";
import { formatBytes } from "./step-explanation.ts";

const left = 80;
const top = 12;
const bottom = 44;
const right = 16;

/** Pixels that a letter of a label takes. */
const letterWidth = 6.2;
const labelHeight = 14;

export interface MemoryDrawing {
  readonly buffers: readonly ExplainedBuffer[];
  /** Columns, and what they are called below the drawing. */
  readonly columns: number;
  readonly columnNames: readonly string[];
  readonly axis: string;
  readonly bytes: number;
  /** Drawn as a broken line. */
  readonly lowerBound: number;
  readonly height: number;
  /** Of each origin. */
  readonly colors: ReadonlyMap<string, string>;
  readonly label: string;
  /** When a buffer lives, for people. */
  lifeOf(buffer: ExplainedBuffer): string;
}

/** A standalone SVG element. */
export function drawMemory(drawing: MemoryDrawing): string {
  const { buffers, bytes, lowerBound, height, columnNames } = drawing;
  const columns = Math.max(1, drawing.columns);
  const columnWidth = Math.min(110, Math.max(10, Math.floor(1100 / columns)));
  const width = left + columns * columnWidth + right;
  const x = (column: number): number => left + column * columnWidth;
  const y = (offset: number): number => top + height * (1 - offset / Math.max(1, bytes));
  const every = Math.ceil(24 / columnWidth);
  const parts = [
    ...buffers.map((buffer) => rectangle(buffer, drawing, x, y)),
    ...ticks(bytes).map(
      (tick) =>
        `<line class="grid" x1="${left - 4}" x2="${left}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${formatBytes(tick)}</text>`,
    ),
    ...columnNames.flatMap((name, column) =>
      column % every === 0
        ? `<text x="${x(column) + columnWidth / 2}" y="${top + height + 16}" text-anchor="middle">${name}</text>`
        : [],
    ),
    `<text x="${left + (columns * columnWidth) / 2}" y="${top + height + 36}" text-anchor="middle">${drawing.axis}</text>`,
    `<line class="bound" x1="${left}" x2="${x(columns)}" y1="${y(lowerBound)}" y2="${y(lowerBound)}">` +
      `<title>lower bound, ${formatBytes(lowerBound)}</title></line>`,
    `<rect class="frame" x="${left}" y="${top}" width="${columns * columnWidth}" height="${height}"/>`,
  ];
  const size = `width="${width}" height="${top + height + bottom}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(drawing.label)}" ${size}>\n${parts.join("\n")}\n</svg>`;
}

function rectangle(
  buffer: ExplainedBuffer,
  { colors, lifeOf }: MemoryDrawing,
  x: (column: number) => number,
  y: (offset: number) => number,
): string {
  const { name, origin, offset, bytes, first, last } = buffer;
  const width = x(last + 1) - x(first);
  const height = y(offset) - y(offset + bytes);
  const place = `x="${x(first)}" y="${y(offset + bytes)}" width="${width}" height="${height}"`;
  const text = `${origin}: ${name}, ${formatBytes(bytes)} at ${formatBytes(offset)}, ${lifeOf(buffer)}`;
  const filled = `<rect class="buffer" ${place} fill="${colors.get(origin)}"><title>${escapeHtml(text)}</title></rect>`;
  const letters = Math.floor((width - 6) / letterWidth);
  if (height < labelHeight || letters < 5) return filled;
  const label =
    [`${origin}: ${name}`, name].find((option) => option.length <= letters) ?? cut(origin, letters);
  const middle = `x="${x(first) + width / 2}" y="${y(offset + bytes) + height / 2 + 4}"`;
  return `${filled}<text class="label" ${middle} text-anchor="middle">${escapeHtml(label)}</text>`;
}

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

function ticks(most: number): number[] {
  const exact = Math.max(1, most) / 5;
  const step = 2 ** Math.floor(Math.log2(exact));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}
