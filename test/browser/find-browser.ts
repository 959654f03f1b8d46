/** The browsers that the machine has. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type BrowserName = "chrome" | "firefox";

const programs: Readonly<Record<BrowserName, readonly string[]>> = {
  chrome: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  firefox: ["firefox-esr", "firefox"],
};

/** The program's path; undefined where there is none. */
export function findBrowser(name: BrowserName): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return programs[name]
    .flatMap((program) => folders.map((folder) => join(folder, program)))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
