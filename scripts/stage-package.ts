/** The library's package as it is published: what was built, with the project's README and licence. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const library = join(root, "packages/tilework");

/** Copies all that `npm pack` takes into a folder. The library must have been built. */
export function stagePackage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "dist"])
    cpSync(join(library, name), join(folder, name), { recursive: true });
  for (const name of ["README.md", "LICENSE"]) cpSync(join(root, name), join(folder, name));
}
