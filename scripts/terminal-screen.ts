/** What stands on a terminal after a program wrote to it: carriage returns, backspaces and colours are obeyed. */

export interface ScreenCell {
  /** One character. */
  readonly text: string;
  /** The codes of its colour and weight, joined by semicolons; empty for plain text. */
  readonly style: string;
}

const escapeCharacter = String.fromCharCode(27);
const sequenceOrCharacter = new RegExp(`${escapeCharacter}\\[([\\d;]*)([A-Za-z])|[\\s\\S]`, "gu");

/** All lines that were written, long ones not wrapped, without empty ones at the end. */
export function readScreen(output: string): ScreenCell[][] {
  const lines: ScreenCell[][] = [[]];
  let column = 0;
  let style: readonly string[] = [];
  for (const [token, codes, command] of output.matchAll(sequenceOrCharacter)) {
    if (command === "m") for (const code of codes!.split(";")) style = restyle(style, code);
    if (command !== undefined) continue;
    if (token === "\n") lines.push([]);
    else if (token === "\r") column = 0;
    else if (token === "\b") column = Math.max(0, column - 1);
    else writeCell(lines.at(-1)!, column++, { text: token, style: style.join(";") });
  }
  while (lines.at(-1)?.every(({ text }) => text === " ")) lines.pop();
  return lines;
}

function writeCell(line: ScreenCell[], column: number, cell: ScreenCell): void {
  while (line.length < column) line.push({ text: " ", style: "" });
  line[column] = cell;
}

/** The style after one code: 0, 22 and 39 end all styles, weight and colour. */
function restyle(style: readonly string[], code: string): readonly string[] {
  if (code === "" || code === "0") return [];
  if (code === "22") return style.filter((other) => other !== "1" && other !== "2");
  if (code === "39") return style.filter((other) => !other.startsWith("3"));
  return [...style, code];
}
