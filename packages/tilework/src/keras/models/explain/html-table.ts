import { escapeHtml } from "./escape-html.ts";
import type { Table } from "./table-rows.ts";

export interface HtmlTableOptions {
  readonly className?: string;
  readonly colorOf?: (cells: readonly string[], row: number) => string;
}

/** A table of a page with `pageStyle`, with a bar for each share; `colorOf` gives the color that a row's name stands for. */
export function htmlTable(
  { titles, rows, wrapped }: Table,
  { className = "", colorOf }: HtmlTableOptions = {},
): string {
  const share = titles.indexOf("Share");
  const largest = Math.max(...rows.map((cells) => Number.parseFloat(cells[share] || "0")));
  const classOf = (column: number): string => {
    if (column === share) return ' class="share"';
    if (!wrapped.includes(column)) return "";
    return column === wrapped[0] ? ' class="text name"' : ' class="text"';
  };
  const cell = (text: string, column: number, before: string): string => {
    const bar =
      column === share && text !== ""
        ? `<span class="bar" style="width: ${((100 * Number.parseFloat(text)) / largest).toFixed(1)}%"></span>`
        : "";
    return `<td${classOf(column)} data-title="${escapeHtml(titles[column]!)}">${before}${escapeHtml(text)}${bar}</td>`;
  };
  const chip = (cells: readonly string[], row: number): string =>
    colorOf === undefined ? "" : `<i style="background: ${colorOf(cells, row)}"></i>`;
  const body = rows.map(
    (cells, row) =>
      `<tr>${cells.map((text, column) => cell(text, column, column === 0 ? chip(cells, row) : "")).join("")}</tr>`,
  );
  return `<table class="${className}">
<thead><tr>${titles.map((title, column) => `<th${classOf(column)}>${escapeHtml(title)}</th>`).join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>`;
}
