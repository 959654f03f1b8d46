import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInstalled } from "../scripts/is-installed.mjs";

interface Package {
  readonly version: string;
  readonly integrity: string;
  readonly optional?: boolean;
}

type Packages = Readonly<Record<string, Package>>;

const version = (number: string): Package => ({ version: number, integrity: `sha512-${number}` });
const asked: Packages = {
  "node_modules/a": version("1.0.0"),
  "node_modules/elsewhere": { ...version("3.0.0"), optional: true },
};

/** Whether a folder counts as installed, of which npm noted `installed` and whose packages in `present` are there. */
function check(installed: Packages | undefined, present: readonly string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), "tilework-installed-"));
  const write = (path: string, packages: Packages): void =>
    writeFileSync(join(folder, path), JSON.stringify({ packages: { "": { name: "root" }, ...packages } }));
  try {
    for (const path of ["node_modules", ...present]) mkdirSync(join(folder, path), { recursive: true });
    write("package-lock.json", asked);
    if (installed !== undefined) write("node_modules/.package-lock.json", installed);
    return isInstalled(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const a = "node_modules/a";

test("what npm ci installed is not installed again, optional packages of other systems or not", () => {
  expect(check({ [a]: version("1.0.0") }, [a])).toBe(true);
  expect(check(asked, [a, "node_modules/elsewhere"])).toBe(true);
});

test.each([
  ["nothing is noted", undefined, [a]],
  ["a package is missing from the note", {}, [a]],
  ["a package's folder is gone", { [a]: version("1.0.0") }, []],
  ["a package is of another version", { [a]: version("1.0.1") }, [a]],
  ["a package has other contents", { [a]: { ...version("1.0.0"), integrity: "sha512-x" } }, [a]],
])("it is installed where %s", (_, installed: Packages | undefined, present) => {
  expect(check(installed, present)).toBe(false);
});
