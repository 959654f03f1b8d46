import { escapeHtml } from "./escape-html.ts";
import { htmlTable } from "./html-table.ts";
import { type Kinds, kindsOf } from "./layer-kinds.ts";
import { memoryPart, peakPart, preparedPart, slicePart } from "./memory-parts.ts";
import { pageStyle } from "./page-style.ts";
import { headingOf, isAlive, type StepExplanation } from "./step-explanation.ts";
import { kernelTable, layerTable, mostKernelRows, sumCells, sumTitles, sumWork } from "./table-rows.ts";
import { totalLines } from "./total-lines.ts";
import { counted, formatBytes } from "./units.ts";

/** The report as one page that needs nothing else: what the step takes, the memory plan drawn, layers and kernels. */
export function explanationPage(explanation: StepExplanation): string {
  const heading = escapeHtml(headingOf(explanation));
  const totals = totalLines(explanation, { names: false }).map((line) => `<p>${escapeHtml(line)}</p>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>${heading}</h1>
${[...totals, ...(explanation.kernels.length === 0 ? [] : partsOf(explanation))].join("\n")}
</body>
</html>
`;
}

function partsOf(explanation: StepExplanation): string[] {
  const kinds = kindsOf(explanation);
  const { kernels } = explanation;
  const isLong = kernels.length > mostKernelRows;
  return [
    kindPart(explanation, kinds),
    memoryPart(explanation, kinds),
    peakPart(explanation, kinds),
    preparedPart(explanation, kinds),
    slicePart(explanation, kinds),
    `<h2>Layers</h2>\n${htmlTable(layerTable(explanation))}`,
    `<details${isLong ? "" : " open"}><summary>${counted(kernels.length, "kernel")}, in their order</summary>
${htmlTable(kernelTable(explanation))}</details>`,
  ];
}

/** The legend, with what each kind takes. */
function kindPart(explanation: StepExplanation, kinds: Kinds): string {
  const { buffers, peakStage, liveBytes } = explanation;
  const work = sumWork(explanation, ([first]) => kinds.of(first!));
  const titles = ["Kind of layer", "Memory at the peak", ...sumTitles(explanation)];
  const rows = [...kinds.colors.keys()].map((kind) => {
    const alive = buffers.filter((buffer) => kinds.of(buffer.origin) === kind && isAlive(buffer, peakStage));
    const bytes = alive.reduce((sum, buffer) => sum + buffer.bytes, 0);
    const share = liveBytes === 0 ? "" : ` (${((100 * bytes) / liveBytes).toFixed(0)} %)`;
    const own = work.get(kind);
    const cells = own === undefined ? titles.slice(2).map(() => "") : sumCells(explanation, own);
    return [kind, `${formatBytes(bytes)}${share}`, ...cells];
  });
  return `<h2>What the step consists of</h2>
${htmlTable(
  { titles, rows, wrapped: [0] },
  {
    className: "kinds",
    colorOf: ([kind]) => kinds.colors.get(kind!)!,
  },
)}`;
}
