/**
 * Draws docs/terminal.svg, the README's picture, from what `npm start` really prints: the program runs in a
 * terminal of its own (by util-linux's `script`), whose last screen is drawn.
 *   node scripts/draw-terminal.ts [options of npm start]
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readScreen, type ScreenCell } from "./terminal-screen.ts";

const root = join(import.meta.dirname, "..");
const columns = 80;
const cell = { width: 8.4, height: 17 };
const margin = 16;
const background = "#16181d";
const colours: Readonly<Record<string, string>> = {
  plain: "#d8dee9",
  31: "#f2777a",
  32: "#8fce8f",
  37: "#f5f7fa",
};

const lines = readScreen(recordStart(process.argv.slice(2)));
writeFileSync(join(root, "docs/terminal.svg"), drawScreen(lines));

function recordStart(options: readonly string[]): string {
  const program = [process.execPath, "examples/train-digits.ts", ...options].join(" ");
  const command = `stty cols ${columns} rows 60; ${program}`;
  const { status, stdout, stderr, error } = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, TERM: "xterm-256color", FORCE_COLOR: "1" },
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`the program failed: ${error?.message ?? stdout + stderr}`);
  return `$ npm start\r\n\r\n${stdout}`;
}

function drawScreen(screen: readonly (readonly ScreenCell[])[]): string {
  const longest = Math.max(...screen.map((line) => line.length));
  const width = Math.ceil(2 * margin + longest * cell.width);
  const height = 2 * margin + screen.length * cell.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    "<title>What npm start prints</title>",
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" " +
      'font-size="14">',
    ...screen.flatMap((line, row) => runsOf(line).map((run) => drawRun(run, row))),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

interface Run extends ScreenCell {
  readonly column: number;
}

/** Words of one style, each at its column. */
function runsOf(line: readonly ScreenCell[]): Run[] {
  const runs: Run[] = [];
  line.forEach((next, column) => {
    const last = runs.at(-1);
    const continues = last?.style === next.style && last.column + last.text.length === column;
    if (next.text === " ") return;
    if (continues) runs[runs.length - 1] = { ...last, text: last.text + next.text };
    else runs.push({ ...next, column });
  });
  return runs;
}

function drawRun({ text, style, column }: Run, row: number): string {
  const x = (margin + column * cell.width).toFixed(1);
  const y = (margin + (row + 0.75) * cell.height).toFixed(1);
  const codes = style.split(";");
  const colour = colours[codes.find((code) => code in colours) ?? "plain"];
  const weight = codes.includes("1") ? ' font-weight="bold"' : "";
  const faint = codes.includes("2") ? ' opacity="0.55"' : "";
  const length = (text.length * cell.width).toFixed(1);
  const content = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<text x="${x}" y="${y}" fill="${colour}"${weight}${faint} textLength="${length}" lengthAdjust="spacingAndGlyphs">${content}</text>`;
}
