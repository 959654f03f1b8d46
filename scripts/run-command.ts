/** Child processes of the project's scripts. */
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";

export interface CommandOptions {
  readonly cwd: string;
  /** Milliseconds after which the command is ended and counts as failed; default: two minutes. */
  readonly timeout?: number;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Throws with all that it said where it fails or does not end in time. */
export function runCommand(
  program: string,
  parameters: readonly string[],
  { cwd, timeout = 120_000 }: CommandOptions,
): CommandResult {
  const { status, error, stdout, stderr } = spawnSync(program, parameters, {
    cwd,
    timeout,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (status !== 0)
    throw new Error(
      `${program} ${parameters.join(" ")}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`,
    );
  return { stdout, stderr };
}

/** The Node of the machine, not the one that comes as a dev dependency. */
export function machineNode(): string {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders
    .filter((folder) => !folder.includes(`${sep}node_modules${sep}`))
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found === undefined) throw new Error("no Node on the PATH");
  return found;
}

/** Runs npm, which tells its place to the scripts that it starts. */
export function npm(parameters: readonly string[], options: CommandOptions): CommandResult {
  const cli = process.env.npm_execpath ?? npmBeside(machineNode());
  return runCommand(machineNode(), [cli, ...parameters], options);
}

function npmBeside(node: string): string {
  const prefix = execFileSync(node, ["-p", "process.execPath"], { encoding: "utf8" }).trim();
  return join(dirname(prefix), "../lib/node_modules/npm/bin/npm-cli.js");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
