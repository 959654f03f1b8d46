/** Builds the API pages into docs/api. TypeDoc brings its own TypeScript, so it is installed apart, at the first use. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./run-command.ts";

const tool = join(import.meta.dirname, "../tools/typedoc");
const cli = join(tool, "node_modules/typedoc/bin/typedoc");

if (!existsSync(cli)) npm(["ci", "--no-audit", "--no-fund"], { cwd: tool });
const { status } = spawnSync(process.execPath, [cli, "--options", "typedoc.json"], {
  cwd: tool,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
