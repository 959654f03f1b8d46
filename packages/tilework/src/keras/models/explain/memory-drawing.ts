/**
 * Memory as a drawing that fits any width: time to the right, offsets upwards, one rectangle a buffer. Who points at
 * a rectangle, or taps it, reads at the window's lower edge what it is.
 */
import type { ExplainedBuffer } from "../../../compiler/explain/explain-plan.ts";
import { escapeHtml } from "./escape-html.ts";
import { bufferName } from "./total-lines.ts";
import { formatBytes } from "./units.ts";

/** Pixels; a rectangle that is lower has no label. */
const labelHeight = 15;
/** Percent of the width; nor has one that is narrower. */
const labelWidth = 6;
/** Pixels; a rectangle that is lower has no edges. */
const thin = 3;
const mostMarks = 12;
/** Pixels of a column, at most. */
const widestColumn = 110;

export interface MemoryDrawing {
  readonly buffers: readonly ExplainedBuffer[];
  readonly columns: number;
  /** What stands below some columns, in their order. */
  readonly marks: readonly Mark[];
  /** What the columns are. */
  readonly axis: string;
  readonly bytes: number;
  /** Drawn as a broken line where the memory is larger. */
  readonly lowerBound: number;
  /** A column that is marked, and what stands above it. */
  readonly peak?: Mark | undefined;
  /** Pixels. */
  readonly height: number;
  readonly label: string;
  colorOf(buffer: ExplainedBuffer): string;
  /** When a buffer lives, for people. */
  lifeOf(buffer: ExplainedBuffer): string;
}

export interface Mark {
  readonly column: number;
  readonly text: string;
}

/** An element of a page with `drawingStyle`. */
export function drawMemory(drawing: MemoryDrawing): string {
  const { bytes, lowerBound, height, label, axis, peak } = drawing;
  const columns = Math.max(1, drawing.columns);
  const x = (column: number): number => percent(column, columns);
  const y = (offset: number): number => percent(offset, Math.max(1, bytes));
  const ticks = ticksUpTo(bytes).map(
    (tick) => `<span class="tick" style="bottom: ${y(tick)}%">${formatBytes(tick)}</span>`,
  );
  const marks = thinned(drawing.marks).map(
    ({ column, text }, at) =>
      `<span class="mark${at % 3 === 0 ? "" : " fine"}" style="left: ${x(column + 0.5)}%">${escapeHtml(text)}</span>`,
  );
  const bound =
    lowerBound < 0.995 * bytes
      ? [`<div class="bound" style="bottom: ${y(lowerBound)}%" title="lower bound"></div>`]
      : [];
  const widest = `style="max-width: ${columns * widestColumn}px"`;
  return `<figure class="memory" role="group" aria-label="${escapeHtml(label)}" ${widest}>
${peak === undefined ? "" : `<div class="above"><span style="${besideOf(x(peak.column + 0.5))}">${escapeHtml(peak.text)}</span></div>`}
<div class="field" style="height: ${height}px">
${ticks.join("")}
${[...drawing.buffers.map((buffer) => rectangle(buffer, drawing, x, y)), ...bound].join("\n")}
${peak === undefined ? "" : `<div class="peak" style="left: ${x(peak.column)}%; width: ${x(1)}%"></div>`}
</div>
<div class="marks">${marks.join("")}</div>
<div class="axis">${escapeHtml(axis)}</div>
</figure>`;
}

/** So that text at this place of a line stays within the line. */
function besideOf(place: number): string {
  return `left: ${place}%; transform: translateX(-${place}%)`;
}

function rectangle(
  buffer: ExplainedBuffer,
  { colorOf, lifeOf, height: pixels }: MemoryDrawing,
  x: (column: number) => number,
  y: (offset: number) => number,
): string {
  const { offset, bytes, first, last } = buffer;
  const width = x(last + 1 - first);
  const height = y(bytes);
  const place = `left: ${x(first)}%; bottom: ${y(offset)}%; width: ${width}%; height: ${height}%`;
  const text = `${bufferName(buffer)}, ${formatBytes(bytes)} at ${formatBytes(offset)}, ${lifeOf(buffer)}`;
  const hasLabel = (height / 100) * pixels >= labelHeight && width >= labelWidth;
  const label = hasLabel ? `<b>${escapeHtml(bufferName(buffer))}</b>` : "";
  const className = (height / 100) * pixels < thin ? "thin buffer" : "buffer";
  return `<div class="${className}" tabindex="0" style="${place}; background: ${colorOf(buffer)}">${label}<span>${escapeHtml(text)}</span></div>`;
}

function percent(part: number, whole: number): number {
  return Math.round((1e5 * part) / whole) / 1e3;
}

function thinned(marks: readonly Mark[]): Mark[] {
  const every = Math.ceil(marks.length / mostMarks);
  return marks.filter((_, at) => at % every === 0);
}

function ticksUpTo(most: number): number[] {
  const step = 2 ** Math.floor(Math.log2(Math.max(1, most) / 4));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

export const drawingStyle: string = `
.memory { margin: 4px 0 20px; }
.memory .above, .memory .field, .memory .marks, .memory .axis { margin-left: 64px; position: relative; }
.memory .above { height: 20px; font-size: 12px; font-weight: 600; }
.memory .above span { position: absolute; white-space: nowrap; }
.memory .field { border: 1px solid #8888; }
.memory .tick { position: absolute; right: 100%; margin-right: 8px; transform: translateY(50%); font-size: 11px; white-space: nowrap; }
.memory .buffer { position: absolute; overflow: hidden; outline: 0.5px solid #0005; outline-offset: -0.5px; cursor: pointer; }
.memory .buffer.thin { outline: none; }
.memory .buffer b { display: block; position: relative; top: calc(50% - 7px); padding: 0 3px; font-weight: 400; font-size: 11px; line-height: 14px; color: #111; text-align: center; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.memory .buffer span { display: none; }
.memory .buffer:hover, .memory .buffer:focus { outline: 2px solid currentColor; z-index: 1; }
.memory .buffer:hover span, .memory .buffer:focus span { display: block; position: fixed; z-index: 2; left: 0; right: 0; bottom: 0; padding: 10px 16px; background: #222; color: #fff; font-size: 14px; }
.memory .buffer:hover span { z-index: 3; }
.memory .peak { position: absolute; top: 0; bottom: 0; min-width: 2px; box-sizing: border-box; border: solid currentColor; border-width: 0 1px; background: #8883; pointer-events: none; }
.memory .bound { position: absolute; left: 0; right: 0; border-top: 1.5px dashed #c22; }
.memory .marks { height: 18px; font-size: 11px; }
.memory .mark { position: absolute; top: 3px; transform: translateX(-50%); white-space: nowrap; }
.memory .axis { text-align: center; font-size: 12px; }
@media (max-width: 640px) { .memory .mark.fine { display: none; } }
`;
