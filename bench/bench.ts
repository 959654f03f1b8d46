/**
 * Times Tilework against its peers: `npm run bench -- [train|predict|scaling|ops|startup …] [options]`.
 *
 * Peers run in processes of their own and are sampled in turn; figures are medians with spread, ratios to the first
 * Tilework device, and shares of what the processor reached in a burst right before each sample. Results go to
 * bench/results: a table, a chart and the raw numbers.
 */
import { benchNetworks, benchScaling } from "./bench-networks.ts";
import { describeEnvironment, type Environment, titleOf } from "./environment.ts";
import { InputError } from "./input-error.ts";
import { benchOps, casesToRun } from "./ops/bench-ops.ts";
import { help, type Mode, type Options, readOptions } from "./options.ts";
import { makeFolder } from "./results.ts";
import { benchStartup } from "./startup.ts";

/** Everything that may be wrong with the input is found before the first mode starts. */
async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === "help") {
    console.log(help);
    return;
  }
  const environment = describeEnvironment(options);
  if (options.modes.includes("ops")) casesToRun(options);
  makeFolder(options.out);
  console.log(titleOf(environment, options.threads));
  for (const mode of options.modes) {
    if (await run(mode, options, environment)) continue;
    console.error(`${mode}: nothing could be measured; the lines above say why`);
    process.exitCode = 1;
  }
}

/** Whether anything was measured. */
async function run(mode: Mode, options: Options, environment: Environment): Promise<boolean> {
  switch (mode) {
    case "train":
    case "predict":
      return benchNetworks(mode, options, environment);
    case "scaling":
      return benchScaling(options, environment);
    case "ops":
      return benchOps(options, environment);
    case "startup":
      return benchStartup(options, environment);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
