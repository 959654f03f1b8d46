import { escapeHtml } from "./escape-html.ts";
import { layerColors } from "./layer-colors.ts";
import { drawMemory } from "./memory-drawing.ts";
import {
  headingOf,
  kernelCells,
  kernelTitles,
  type StepExplanation,
  stagesText,
  totalLines,
} from "./step-explanation.ts";

const style = `
:root { color-scheme: light dark; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px auto; padding: 0 16px; max-width: 1280px; }
h1 { font-size: 20px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 28px 0 8px; }
p { overflow-wrap: anywhere; margin: 6px 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 3px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884; vertical-align: top; }
th:nth-child(2), td:nth-child(2), th:nth-child(3), td:nth-child(3) { text-align: left; white-space: normal; }
td { font-variant-numeric: tabular-nums; }
th:nth-child(8) { min-width: 96px; }
td .bar { display: block; height: 3px; border-radius: 2px; background: #4a90d9; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; padding: 0; margin: 8px 0; font-size: 12px; }
.legend i { display: inline-block; width: 11px; height: 11px; margin-right: 5px; border: 1px solid #0006; vertical-align: -1px; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
svg .label { font-size: 10.5px; fill: #111; pointer-events: none; }
svg .buffer { stroke: #0006; stroke-width: 0.5; }
svg .buffer:hover { stroke: currentColor; stroke-width: 2; }
svg .grid, svg .frame { stroke: currentColor; fill: none; stroke-opacity: 0.5; }
svg .bound { stroke: #c22; stroke-dasharray: 5 4; stroke-width: 1.5; }
@media (max-width: 640px) {
  table, tbody { display: block; }
  thead { display: none; }
  tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 12px; padding: 6px 0; border-bottom: 1px solid #8884; }
  td { padding: 1px 0; border: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  td:nth-child(2), td:nth-child(3) { grid-column: 1 / -1; }
  td:nth-child(1) { order: 1; }
  td:nth-child(n + 4) { order: 2; }
  td::before { content: attr(data-title) " "; opacity: 0.65; }
  td:nth-child(2) { font-weight: 600; }
  td:nth-child(2)::before, td:nth-child(3)::before { content: none; }
}
`;

/** The report as one page that needs nothing else, with the memory plan drawn. */
export function explanationPage(explanation: StepExplanation): string {
  const heading = escapeHtml(headingOf(explanation));
  const totals = totalLines(explanation).map((line) => `<p>${escapeHtml(line)}</p>`);
  const parts = explanation.kernels.length === 0 ? [] : [kernelTable(explanation)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${style}</style>
</head>
<body>
<h1>${heading}</h1>
${[...parts, ...totals, ...(explanation.buffers.length === 0 ? [] : [memoryPart(explanation)])].join("\n")}
</body>
</html>
`;
}

function kernelTable(explanation: StepExplanation): string {
  const titles = kernelTitles(explanation);
  const rows = kernelCells(explanation);
  const share = titles.indexOf("Share");
  const largest = Math.max(...rows.map((cells) => Number.parseFloat(cells[share] || "0")));
  const cell = (text: string, column: number): string => {
    const shown = escapeHtml(text.trimEnd());
    const bar =
      column === share && shown !== ""
        ? `<span class="bar" style="width: ${((100 * Number.parseFloat(text)) / largest).toFixed(1)}%"></span>`
        : "";
    return `<td data-title="${escapeHtml(titles[column]!)}">${shown}${bar}</td>`;
  };
  return `<h2>Kernels</h2>
<div class="wide"><table>
<thead><tr>${titles.map((title) => `<th>${escapeHtml(title)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((cells) => `<tr>${cells.map(cell).join("")}</tr>`).join("\n")}
</tbody>
</table></div>`;
}

function memoryPart(explanation: StepExplanation): string {
  const { buffers, slices, stages, arenaBytes, liveBytes } = explanation;
  const inOrder = [...buffers].sort((a, b) => a.first - b.first);
  const colors = layerColors([...inOrder, ...slices].map(({ origin }) => origin));
  const drawing = drawMemory({
    buffers,
    columns: stages,
    columnNames: Array.from({ length: stages }, (_, stage) => String(stage)),
    axis: "stage",
    bytes: arenaBytes,
    lowerBound: liveBytes,
    height: 420,
    colors,
    label: "Memory plan: stages to the right, offsets upwards, one rectangle a buffer",
    lifeOf: ({ first, last }) => stagesText(first, last),
  });
  const legend = [...colors].map(
    ([origin, color]) => `<li><i style="background: ${color}"></i>${escapeHtml(origin)}</li>`,
  );
  return `<h2>Memory plan</h2>
<p>Stages to the right, offsets upwards, one rectangle a buffer; the broken line is the lower bound for these stages.</p>
<ul class="legend">${legend.join("")}</ul>
<div class="wide">
${drawing}
</div>${slices.length === 0 ? "" : slicePart(explanation, colors)}`;
}

/** What each worker has of its own: its stages side by side, kernel by kernel. */
function slicePart(
  { slices, sliceBytes, liveSliceBytes, kernels }: StepExplanation,
  colors: ReadonlyMap<string, string>,
): string {
  const sliced = [...new Set(slices.map(({ stage }) => stage))].sort((a, b) => a - b);
  const counts = sliced.map((stage) => kernels.filter((kernel) => kernel.stage === stage).length);
  const starts = new Map(sliced.map((stage, at) => [stage, counts.slice(0, at).reduce((a, b) => a + b, 0)]));
  const placed = slices.map((slice) => {
    const start = starts.get(slice.stage)!;
    return { ...slice, first: start + slice.first, last: start + slice.last };
  });
  const drawing = drawMemory({
    buffers: placed,
    columns: counts.reduce((a, b) => a + b, 0),
    columnNames: sliced.flatMap((stage, at) =>
      Array.from({ length: counts[at]! }, (_, kernel) => `${stage}.${kernel}`),
    ),
    axis: "stage and its kernel",
    bytes: sliceBytes,
    lowerBound: liveSliceBytes,
    height: 220,
    colors,
    label:
      "Each worker's own memory: kernels to the right, offsets upwards, one rectangle a part of a buffer",
    lifeOf: (buffer) => `stage ${(buffer as (typeof placed)[number]).stage}`,
  });
  return `
<h2>Each worker's own memory</h2>
<p>Of these buffers only the part exists that a worker's task is at; kernels of a stage to the right.</p>
<div class="wide">
${drawing}
</div>`;
}
