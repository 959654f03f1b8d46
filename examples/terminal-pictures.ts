/** What the examples draw in the terminal: grey images in half blocks, and confusion matrices. */
import { stripVTControlCharacters, styleText } from "node:util";

/** Columns that are left out on either side of an image; digits stand in the middle. */
const margin = 2;
const gap = "  ";

/** How many images of that size fit side by side; at least one. */
export function imagesPerLine(size: number, columns: number): number {
  const width = size - 2 * margin;
  return Math.max(1, Math.floor((columns + gap.length) / (width + gap.length)));
}

/** Images side by side, two rows of pixels a line of text, each under its caption; empty lines are left out. */
export function drawImages(
  images: readonly Float32Array[],
  captions: readonly string[],
  size: number,
  perLine: number,
): string {
  const lines: string[] = [];
  for (let first = 0; first < images.length; first += perLine) {
    const group = images.slice(first, first + perLine);
    const head = captions
      .slice(first, first + perLine)
      .map((caption) => padCaption(caption, size - 2 * margin));
    lines.push(head.join(gap).trimEnd());
    for (let row = 0; row < size; row += 2) {
      const line = group.map((image) => halfBlocks(image, size, row)).join(gap);
      if (line.trim() !== "") lines.push(line.trimEnd());
    }
  }
  return lines.join("\n");
}

function padCaption(caption: string, width: number): string {
  return caption + " ".repeat(Math.max(0, width - stripVTControlCharacters(caption).length));
}

function halfBlocks(image: Float32Array, size: number, row: number): string {
  let text = "";
  for (let column = margin; column < size - margin; column++) {
    const top = image[row * size + column]! > 0.4;
    const bottom = row + 1 < size && image[(row + 1) * size + column]! > 0.4;
    text += top ? (bottom ? "█" : "▀") : bottom ? "▄" : " ";
  }
  return text;
}

/** Rows are the true classes, columns the predicted ones; the diagonal is right. */
export function confusionTable(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  names: readonly string[],
): string {
  const counts = names.map(() => names.map(() => 0));
  for (let at = 0; at < labels.length; at++) counts[labels[at]!]![predictions[at]!]!++;
  const width = Math.max(4, ...names.map((name) => name.length));
  const head = `${"true \\ predicted".padEnd(17)}${names.map((name) => name.padStart(width)).join(" ")}`;
  const rows = counts.map((row, truth) => {
    const cells = row.map((count, predicted) => {
      const cell = (count === 0 ? "·" : String(count)).padStart(width);
      if (truth === predicted) return styleText("green", cell);
      return count > 0 ? styleText("red", cell) : styleText("dim", cell);
    });
    return `${names[truth]!.padStart(16)} ${cells.join(" ")}`;
  });
  return [head, ...rows].join("\n");
}
