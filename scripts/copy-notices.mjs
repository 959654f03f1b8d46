// Gives the library's folder the project's README and licence while npm packs it; --remove takes them away again.
import { copyFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
for (const name of ["README.md", "LICENSE"]) {
  const copy = join(root, "packages/tilework", name);
  if (process.argv[2] === "--remove") rmSync(copy, { force: true });
  else copyFileSync(join(root, name), copy);
}
