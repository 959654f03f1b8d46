import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const homes = ["home", "Users", "root", "work", "private", "var/folders"];
const machinePath = new RegExp(`(?<![\\w.$}-])(?:/(?:${homes.join("|")})/[\\w.-]+|[A-Z]:\\\\\\\\?Users)`);

test("paths of one machine are told from other text", () => {
  for (const path of ["/home/ann/tilework", 'from "/work/main/x.ts"', "C:\\Users\\Ann", "(/root/x)"])
    expect(path).toMatch(machinePath);
  for (const path of ["../work/main.ts", "https://example.org/home/ann", "/usr/bin/env", "src/root/x.ts"])
    expect(path).not.toMatch(machinePath);
});

test("no tracked file holds a path of the machine that it was written on", () => {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  const sources = files.filter((file) => /\.(?:ts|mjs|js|json|md|py|html|svg|ya?ml)$|\/run$/.test(file));
  expect(sources.length).toBeGreaterThan(100);
  const own = "test/machine-paths.test.ts";
  const found = sources.filter(
    (file) => file !== own && machinePath.test(readFileSync(join(root, file), "utf8")),
  );
  expect(found).toEqual([]);
});
