import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "tilework-layering-"));
cpSync(join(root, "biome.json"), join(copy, "biome.json"));
cpSync(join(root, ".gitignore"), join(copy, ".gitignore"));
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
execFileSync("git", ["init", "--quiet"], { cwd: copy });

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What the project's lint says about a file with that import, at that place of the library. */
function lint(folder: string, specifier: string): { readonly clean: boolean; readonly output: string } {
  const file = join(copy, "packages/tilework/src", folder, "sample.ts");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `import { thing } from "${specifier}";\n\nexport const other = thing;\n`);
  const cli = join(root, "node_modules/@biomejs/biome/bin/biome");
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "lint", file], {
    cwd: copy,
    encoding: "utf8",
  });
  return { clean: status === 0, output: stdout + stderr };
}

const storeys = [
  "util",
  "tensor",
  "kernel",
  "graph",
  "ops",
  "compiler",
  "codegen",
  "runtime",
  "data",
  "keras",
];

test.each(storeys.slice(1).map((upper, at) => [storeys[at]!, upper]))(
  "%s may not import the storey above it, %s",
  (lower, upper) => {
    const { clean, output } = lint(lower, `../${upper}/thing.ts`);
    expect(output).toContain(`${lower}/ may not import this`);
    expect(clean).toBe(false);
    expect(lint(upper, `../${lower}/thing.ts`)).toMatchObject({ clean: true });
  },
);

test.each([
  ["platform", "../kernel/thing.ts"],
  ["platform", "../runtime/thing.ts"],
  ["formats", "../platform/thing.ts"],
  ["formats", "../graph/thing.ts"],
  ["util", "../keras/layers/thing.ts"],
  ["runtime", "../index.ts"],
])("%s may not import %s", (folder, specifier) => {
  expect(lint(folder, specifier).output).toContain(`${folder}/ may not import this`);
});

test.each([
  ["runtime", "../platform/current.ts"],
  ["keras", "../platform/current.ts"],
  ["platform", "../tensor/dtype.ts"],
])("%s may import %s", (folder, specifier) => {
  expect(lint(folder, specifier)).toMatchObject({ clean: true });
});

test.each(["keras", "runtime", "graph"])("%s may not import Node's modules; platform may", (folder) => {
  expect(lint(folder, "node:fs").output).toContain("noNodejsModules");
  expect(lint("platform", "node:fs")).toMatchObject({ clean: true });
});
