/** The memory plan as a drawing: stages to the right, offsets upwards, one rectangle a buffer. */
import type { ExplainedBuffer } from "../../../compiler/explain/explain-plan.ts";
import { escapeHtml } from "./escape-html.ts";
import { formatBytes, type StepExplanation, stagesText } from "./step-explanation.ts";

const left = 80;
const top = 12;
const bottom = 44;
const height = 420;
const right = 16;

/** A standalone SVG element. */
export function drawMemory({ buffers, stages, arenaBytes, liveBytes }: StepExplanation): string {
  const columns = Math.max(1, stages);
  const stageWidth = Math.min(72, Math.max(10, Math.floor(960 / columns)));
  const width = left + columns * stageWidth + right;
  const x = (stage: number): number => left + stage * stageWidth;
  const y = (offset: number): number => top + height * (1 - offset / Math.max(1, arenaBytes));
  const parts = [
    ...buffers.map((buffer) => rectangle(buffer, x, y)),
    ...ticks(arenaBytes).map(
      (bytes) =>
        `<line class="grid" x1="${left - 4}" x2="${left}" y1="${y(bytes)}" y2="${y(bytes)}"/>` +
        `<text x="${left - 8}" y="${y(bytes) + 4}" text-anchor="end">${formatBytes(bytes)}</text>`,
    ),
    ...stageNumbers(columns, stageWidth).map(
      (stage) =>
        `<text x="${x(stage) + stageWidth / 2}" y="${top + height + 16}" text-anchor="middle">${stage}</text>`,
    ),
    `<text x="${left + (columns * stageWidth) / 2}" y="${top + height + 36}" text-anchor="middle">stage</text>`,
    `<line class="bound" x1="${left}" x2="${x(columns)}" y1="${y(liveBytes)}" y2="${y(liveBytes)}">` +
      `<title>lower bound, ${formatBytes(liveBytes)}</title></line>`,
    `<rect class="frame" x="${left}" y="${top}" width="${columns * stageWidth}" height="${height}"/>`,
  ];
  const size = `width="${width}" height="${top + height + bottom}"`;
  const label = "Memory plan: stages to the right, offsets upwards, one rectangle a buffer";
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${label}" ${size}>\n${parts.join("\n")}\n</svg>`;
}

function rectangle(
  { name, origin, offset, bytes, first, last }: ExplainedBuffer,
  x: (stage: number) => number,
  y: (offset: number) => number,
): string {
  const place = `x="${x(first)}" y="${y(offset + bytes)}" width="${x(last + 1) - x(first)}" height="${y(offset) - y(offset + bytes)}"`;
  const text = `${origin}: ${name}, ${formatBytes(bytes)} at ${formatBytes(offset)}, ${stagesText(first, last)}`;
  return `<rect class="buffer" ${place} fill="hsl(${hueOf(origin)} 65% 62%)"><title>${escapeHtml(text)}</title></rect>`;
}

/** One color a layer. */
function hueOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x9e3779b1) >>> 0;
  return hash % 360;
}

function ticks(most: number): number[] {
  const exact = Math.max(1, most) / 5;
  const step = 2 ** Math.floor(Math.log2(exact));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function stageNumbers(stages: number, width: number): number[] {
  const every = Math.ceil(24 / width);
  return Array.from({ length: Math.ceil(stages / every) }, (_, i) => i * every);
}
