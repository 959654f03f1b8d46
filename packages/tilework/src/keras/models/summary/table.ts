import { type Alignment, wrapCell } from "./wrap-text.ts";

export interface Column {
  readonly title: string;
  readonly alignment: Alignment;
  /** Characters of a cell, the spaces beside it included. */
  readonly width: number;
}

/**
 * Widths of columns in a table of `lineLength` characters, where each column ends at a share of the line. The shares
 * leave no room for borders and spaces, so that all columns give up as many characters, as `rich` takes them away.
 */
export function columnWidths(lineLength: number, ends: readonly number[]): number[] {
  const places = ends.map((end) => Math.trunc(end * lineLength));
  const wanted = places.map((place, i) => place - (places[i - 1] ?? 0));
  const widths = wanted.map((width) => width + 2);
  const available = lineLength - (ends.length + 1);
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  return widths.map((width, i) => {
    const taken = Math.min(width, roundHalfEven(excess / (widths.length - i)));
    excess -= taken;
    return width - taken;
  });
}

/** Python's round. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** A table with a heavy head, by default a line between rows, one string a line. */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { ruled = true }: { readonly ruled?: boolean } = {},
): string[] {
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + columns.map(({ width }) => line.repeat(width)).join(cross) + right;
  const head = drawRow(
    columns,
    columns.map(({ title }) => title),
    "┃",
    "bottom",
  );
  const body = rows.flatMap((row, i) => [
    ...(i === 0 || !ruled ? [] : [rule("├", "─", "┼", "┤")]),
    ...drawRow(columns, row, "│", "top"),
  ]);
  return [rule("┏", "━", "┳", "┓"), ...head, rule("┡", "━", "╇", "┩"), ...body, rule("└", "─", "┴", "┘")];
}

function drawRow(
  columns: readonly Column[],
  texts: readonly string[],
  bar: string,
  vertical: "top" | "bottom",
): string[] {
  const cells = columns.map(({ width, alignment }, i) => wrapCell(texts[i]!, width - 2, alignment));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, y) => {
    const line = cells.map((lines, i) => {
      const from = vertical === "top" ? y : y - (height - lines.length);
      return ` ${lines[from] ?? " ".repeat(columns[i]!.width - 2)} `;
    });
    return bar + line.join(bar) + bar;
  });
}
