/** The library's package as it is published: what was built, with the project's README and licence. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const library = join(root, "packages/tilework");

/** Copies all that `npm pack` takes into a folder. The library must have been built. */
export function stagePackage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(library, "dist"), join(folder, "dist"), { recursive: true });
  const { scripts: _, ...manifest } = JSON.parse(readFileSync(join(library, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const name of ["README.md", "LICENSE"]) cpSync(join(root, name), join(folder, name));
}
