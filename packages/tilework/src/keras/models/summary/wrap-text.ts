/**
 * Wraps and fits text into table cells as Keras's summary does, which prints through Python's `rich`: lines break
 * between words, and a word that no line holds is cut off with an ellipsis.
 */

export type Alignment = "left" | "right" | "center";

/** The lines of a cell, each exactly `width` characters. */
export function wrapCell(text: string, width: number, alignment: Alignment): string[] {
  return breakLine(text, width).map((line) => fit(line, width, alignment));
}

function breakLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const [word] of text.matchAll(/\s*\S+\s*/g)) {
    if (line !== "" && line.length + word.trimEnd().length > width) {
      lines.push(line);
      line = word;
    } else line += word;
  }
  return [...lines, line];
}

function fit(line: string, width: number, alignment: Alignment): string {
  const text = shorten(alignment === "left" ? cutSpace(line, width) : line.trimEnd(), width);
  switch (alignment) {
    case "left":
      return text.padEnd(width);
    case "right":
      return text.padStart(width);
    case "center":
      return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
  }
}

/** Spaces at the end that stick out do not count. */
function cutSpace(line: string, width: number): string {
  return line.length > width ? line.trimEnd() : line;
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
