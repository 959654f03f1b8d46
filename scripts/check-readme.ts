/**
 * Type-checks and runs every TypeScript and JavaScript block of the README, each as a program of its own that
 * imports the built library. `with=NAME` behind a block's language puts a preamble before it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readmePreambles } from "./readme-preambles.ts";
import { runCommand } from "./run-command.ts";

const root = join(import.meta.dirname, "..");

interface Block {
  readonly line: number;
  readonly code: string;
}

const blocks = readBlocks(readFileSync(join(root, "README.md"), "utf8"));
if (blocks.length === 0) throw new Error("README.md has no code blocks");
const folder = mkdtempSync(join(tmpdir(), "tilework-readme-"));
try {
  runCommand(process.execPath, [join(root, "scripts/build.ts"), "--if-stale"], { cwd: root });
  prepareProject();
  runCommand(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
    cwd: folder,
  });
  for (const block of blocks) runBlock(block);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function readBlocks(markdown: string): Block[] {
  const fence = /^```(?:ts|js|typescript|javascript)\b(.*)\n([\s\S]*?)^```$/gm;
  return Array.from(markdown.matchAll(fence), ({ index, 1: information, 2: code }) => {
    const line = markdown.slice(0, index).split("\n").length;
    const name = /with=(\S+)/.exec(information!)?.[1];
    const preamble = name === undefined ? "" : readmePreambles[name];
    if (preamble === undefined) throw new Error(`README.md:${line}: there is no preamble "${name}"`);
    return { line, code: `${preamble}\n${code}\nexport {};\n` };
  });
}

function prepareProject(): void {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "packages/tilework"), join(folder, "node_modules/tilework"), "junction");
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    lib: ["es2022", "dom"],
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  for (const { line, code } of blocks) writeFileSync(join(folder, `line-${line}.ts`), code);
}

function runBlock({ line }: Block): void {
  const started = performance.now();
  const { stderr } = runCommand(process.execPath, [join(folder, `line-${line}.ts`)], { cwd: folder });
  if (stderr !== "") throw new Error(`README.md:${line} complains: ${stderr}`);
  console.log(`README.md:${line} runs (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
