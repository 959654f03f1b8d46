import { drawingStyle } from "./memory-drawing.ts";

/** A page's style sheet; in a narrow window each row of a table is a block, and drawings keep the width. */
export const pageStyle: string = `
:root { color-scheme: light dark; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px auto; padding: 0 16px 48px; max-width: 1280px; }
h1 { font-size: 20px; overflow-wrap: anywhere; }
h2, summary { font-size: 16px; font-weight: 600; margin: 28px 0 8px; }
summary { cursor: pointer; }
p { overflow-wrap: anywhere; margin: 6px 0; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 3px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884; vertical-align: top; }
th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td { font-variant-numeric: tabular-nums; }
td .bar { display: block; height: 3px; min-width: 1px; border-radius: 2px; background: #4a90d9; }
th.share { min-width: 96px; }
td i { display: inline-block; width: 13px; height: 13px; margin-right: 7px; border: 1px solid #0006; vertical-align: -2px; }
${drawingStyle}
@media (max-width: 640px) {
  body { padding: 0 10px 48px; }
  table, tbody { display: block; }
  thead { display: none; }
  tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 12px; padding: 6px 0; border-bottom: 1px solid #8884; }
  td { padding: 1px 0; border: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  td::before { content: attr(data-title) " "; opacity: 0.65; }
  td.text { grid-column: 1 / -1; }
  td.text::before { content: none; }
  td.name { font-weight: 600; }
  td:empty { display: none; }
  .kinds tr { grid-template-columns: 1fr auto; }
  .kinds td.text { grid-column: auto; }
  .kinds td:nth-child(2)::before, .kinds td:nth-child(n + 3) { content: none; display: none; }
}
`;
