import { type Column, drawTable } from "../summary/table.ts";
import { headingOf, type StepExplanation } from "./step-explanation.ts";
import { kernelTable, layerTable, mostKernelRows, type Table } from "./table-rows.ts";
import { totalLines } from "./total-lines.ts";

export type ExplainDetail = "kernels" | "layers";

/** The report as lines of text, the table `lineLength` characters wide where its numbers leave room for that. */
export function explanationLines(
  explanation: StepExplanation,
  lineLength: number,
  detail?: ExplainDetail | undefined,
): string[] {
  const { length } = explanation.kernels;
  if (length === 0) return [headingOf(explanation), ...totalLines(explanation)];
  const ofLayers = (detail ?? (length > mostKernelRows ? "layers" : "kernels")) === "layers";
  const table = ofLayers ? layerTable(explanation) : kernelTable(explanation);
  const hint = `A row sums the kernels of a layer; explain({ detail: "kernels" }) shows each of the ${length}`;
  return [
    headingOf(explanation),
    ...tableLines(table, lineLength),
    ...(ofLayers && detail === undefined ? [hint] : []),
    ...totalLines(explanation),
  ];
}

function tableLines({ titles, rows, wrapped }: Table, lineLength: number): string[] {
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const fixed = widths.reduce((sum, width, column) => (wrapped.includes(column) ? sum : sum + width), 0);
  let room = lineLength - 1 - 3 * titles.length - fixed;
  wrapped.forEach((column, i) => {
    const share = Math.floor(room / (wrapped.length - i));
    widths[column] = Math.min(widths[column]!, Math.max(longestWord(rows, column), share));
    room -= widths[column]!;
  });
  const columns = titles.map((title, column): Column => {
    const isText = wrapped.includes(column);
    return { title, alignment: isText ? "left" : "right", width: widths[column]! + 2 };
  });
  return drawTable(columns, rows, { ruled: false });
}

function longestWord(cells: readonly (readonly string[])[], column: number): number {
  return Math.max(0, ...cells.flatMap((row) => row[column]!.split(" ").map((word) => word.length)));
}
