import { escapeHtml } from "./escape-html.ts";
import { drawMemory } from "./memory-drawing.ts";
import {
  headingOf,
  kernelCells,
  kernelTitles,
  type StepExplanation,
  totalLines,
} from "./step-explanation.ts";

const style = `
:root { color-scheme: light dark; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px; }
table { border-collapse: collapse; }
th, td { padding: 3px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884; vertical-align: top; }
th:nth-child(2), td:nth-child(2), th:nth-child(3), td:nth-child(3) { text-align: left; white-space: normal; }
td { font-variant-numeric: tabular-nums; }
.drawing { overflow-x: auto; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
svg .buffer { stroke: #0006; stroke-width: 0.5; }
svg .buffer:hover { stroke: currentColor; stroke-width: 2; }
svg .grid, svg .frame { stroke: currentColor; fill: none; stroke-opacity: 0.5; }
svg .bound { stroke: #c22; stroke-dasharray: 5 4; stroke-width: 1.5; }
`;

/** The report as one page that needs nothing else, with the memory plan drawn. */
export function explanationPage(explanation: StepExplanation): string {
  const heading = escapeHtml(headingOf(explanation));
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell.trimEnd())}</${tag}>`).join("")}</tr>`;
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
<h2>Kernels</h2>
<table>
<thead>${row("th", kernelTitles(explanation))}</thead>
<tbody>
${kernelCells(explanation)
  .map((cells) => row("td", cells))
  .join("\n")}
</tbody>
</table>
${totalLines(explanation)
  .map((line) => `<p>${escapeHtml(line)}</p>`)
  .join("\n")}
<h2>Memory plan</h2>
<p>Stages to the right, offsets upwards, one rectangle a buffer; colors tell layers apart, the broken line is the lower bound.</p>
<div class="drawing">
${drawMemory(explanation)}
</div>
</body>
</html>
`;
}
