/** Machine code of x86-64 instructions in Intel syntax by GNU binutils' `as`, the oracle of the assembler. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function hasBinutils(): boolean {
  return spawnSync("as", ["--version"]).status === 0 && spawnSync("objcopy", ["--version"]).status === 0;
}

/** Hexadecimal bytes of each instruction. Throws with the assembler's words when it refuses one. */
export function assembleWithBinutils(texts: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "assemble-"));
  try {
    const [source, object, ends, code] = ["source.s", "object.o", "ends.bin", "code.bin"].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    const lines = texts.map(
      (text, at) => `.text\n${text}\nend${at}: .section .rodata\n.long end${at} - start`,
    );
    writeFileSync(source, `.intel_syntax noprefix\n.text\nstart:\n${lines.join("\n")}\n`);
    run("as", ["--64", "-o", object, source]);
    run("objcopy", ["-O", "binary", "-j", ".text", object, code]);
    run("objcopy", ["-O", "binary", "-j", ".rodata", object, ends]);
    const bytes = readFileSync(code);
    const limits = readFileSync(ends);
    return texts.map((_, at) => {
      const begin = at === 0 ? 0 : limits.readInt32LE(4 * (at - 1));
      return bytes.subarray(begin, limits.readInt32LE(4 * at)).toString("hex");
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(command: string, words: readonly string[]): void {
  const { status, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed:\n${stderr}`);
}
