import { type Column, drawTable } from "../summary/table.ts";
import {
  headingOf,
  kernelCells,
  kernelTitles,
  type StepExplanation,
  totalLines,
} from "./step-explanation.ts";

/** The report as lines of text, the table `lineLength` characters wide where its numbers leave room for that. */
export function explanationLines(explanation: StepExplanation, lineLength: number): string[] {
  if (explanation.kernels.length === 0) return [headingOf(explanation), ...totalLines(explanation)];
  const titles = kernelTitles(explanation);
  const cells = kernelCells(explanation).map((row) => row.map((cell) => cell.trimEnd()));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const wrapped = [1, 2];
  const fixed = widths.reduce((sum, width, column) => (wrapped.includes(column) ? sum : sum + width), 0);
  let room = lineLength - 1 - 3 * titles.length - fixed;
  wrapped.forEach((column, i) => {
    const share = Math.floor(room / (wrapped.length - i));
    widths[column] = Math.min(widths[column]!, Math.max(longestWord(cells, column), share));
    room -= widths[column]!;
  });
  const columns = titles.map((title, column): Column => {
    const isText = wrapped.includes(column);
    return { title, alignment: isText ? "left" : "right", width: widths[column]! + 2 };
  });
  return [headingOf(explanation), ...drawTable(columns, cells, { ruled: false }), ...totalLines(explanation)];
}

function longestWord(cells: readonly (readonly string[])[], column: number): number {
  return Math.max(0, ...cells.flatMap((row) => row[column]!.split(" ").map((word) => word.length)));
}
