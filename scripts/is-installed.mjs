import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether a folder's node_modules hold all that its package-lock.json asks for, as npm itself noted when it
 * installed them. Packages that are optional may be missing: they belong to other systems.
 */
export function isInstalled(folder) {
  const noted = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(noted)) return false;
  const installed = packagesOf(noted);
  const asked = Object.entries(packagesOf(join(folder, "package-lock.json")));
  return asked.every(([path, wanted]) => {
    if (!path.startsWith("node_modules/")) return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true;
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) return false;
    return existsSync(join(folder, path));
  });
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
}
