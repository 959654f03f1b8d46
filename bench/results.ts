/** Files of results: a table in Markdown, a chart, and the raw numbers with what they were measured on. */
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Environment } from "./environment.ts";
import { InputError } from "./input-error.ts";

export interface Results {
  readonly name: string;
  /** The first line of the table's file: machine and versions. */
  readonly title: string;
  readonly table: string;
  readonly chart: string;
  /** What was measured; the environment is added. */
  readonly raw: object;
  /** False while cases are still to come. */
  readonly complete: boolean;
}

/** Throws an InputError where the folder cannot be made. */
export function makeFolder(out: string): void {
  try {
    makeWithParents(resolve(out));
  } catch (error) {
    throw new InputError(`--out: takes a folder that can be made; got "${out}": ${(error as Error).message}`);
  }
}

/** One by one: Node's own `recursive` never ends where a parent is there and refuses, as in /proc. */
function makeWithParents(folder: string): void {
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is a file`);
    return;
  }
  makeWithParents(dirname(folder));
  mkdirSync(folder);
}

/** Writes all three files anew, so that a run that is interrupted leaves what it had. */
export function writeResults(out: string, environment: Environment, results: Results): void {
  const { name, title, table, chart, raw, complete } = results;
  const part = complete ? "" : "\n\n**The run is not finished: cases are missing.**";
  writeFileSync(join(out, `${name}.md`), `# ${name}\n\n${title}${part}\n\n${table}\n`);
  writeFileSync(join(out, `${name}.svg`), chart);
  writeFileSync(join(out, `${name}.json`), JSON.stringify({ environment, complete, ...raw }, null, 1));
}
