/** What `npm run bench` was asked to do: every argument checked before anything is measured. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "./input-error.ts";

export const modes = ["train", "predict", "scaling", "ops", "startup"] as const;
export type Mode = (typeof modes)[number];

/** x64 with the processor's widest vectors, x64 with AVX2 only, WebAssembly. */
export const deviceNames = ["x64", "avx2", "wasm"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Peers from npm that can be left out. */
export const npmPeers = ["tfjs", "onnx"] as const;
export type NpmPeer = (typeof npmPeers)[number];

export const pythonPeers = ["keras-tensorflow", "keras-jax", "keras-torch", "torch"] as const;
export type PythonPeer = (typeof pythonPeers)[number];

export interface Options {
  readonly modes: readonly Mode[];
  /** Undefined: each mode's usual ones. */
  readonly devices: readonly DeviceName[] | undefined;
  /** Undefined: each mode's usual ones. */
  readonly networks: readonly number[] | undefined;
  readonly batch: number;
  readonly threads: number;
  /** Rounds of samples. */
  readonly samples: number;
  /** A JSON file. Undefined: the usual shapes. */
  readonly shapes: string | undefined;
  /** Texts of which a case's description must contain one. Undefined: all cases. */
  readonly only: readonly string[] | undefined;
  readonly without: readonly NpmPeer[];
  /** Commands of the Pythons that have a peer. */
  readonly pythons: Readonly<Partial<Record<PythonPeer, string>>>;
  /** The folder of the results. */
  readonly out: string;
}

interface OptionAbout {
  readonly value: string;
  readonly modes: readonly Mode[];
  readonly help: string;
}

const networkModes: readonly Mode[] = ["train", "predict"];
const trainedModes: readonly Mode[] = ["train", "predict", "scaling"];
const python = (what: string): OptionAbout => ({
  value: "PYTHON",
  modes: networkModes,
  help: `a Python that has ${what}`,
});

const abouts: Readonly<Record<string, OptionAbout>> = {
  devices: { value: "LIST", modes, help: `of ${deviceNames.join(", ")}; usual: x64,wasm (ops: all)` },
  networks: {
    value: "LIST",
    modes: trainedModes,
    help: "of 1, 2, 3 and 4 (ResNet-20); usual: 1,2,3 (scaling: 3)",
  },
  batch: { value: "N", modes: trainedModes, help: "images in a step; usual: 32" },
  threads: { value: "N", modes: trainedModes, help: "usual: 2, or 1 where there is one processor" },
  samples: { value: "N", modes, help: "rounds, each with one sample of every peer; usual: 7" },
  "keras-tensorflow": python("Keras and TensorFlow"),
  "keras-jax": python("Keras and JAX"),
  "keras-torch": python("Keras and PyTorch"),
  torch: python("PyTorch"),
  without: {
    value: "LIST",
    modes: networkModes,
    help: `of ${npmPeers.join(", ")}: npm's peers to leave out`,
  },
  shapes: { value: "FILE", modes: ["ops"], help: "JSON in place of bench/ops/shapes.json" },
  only: { value: "TEXTS", modes: ["ops"], help: "cases whose description contains one of these, by commas" },
  out: { value: "FOLDER", modes, help: "of the results; usual: bench/results" },
};

export const help: string = [
  "npm run bench -- [train] [predict] [scaling] [ops] [startup] [options]",
  "",
  "Times Tilework against the peers that are installed. Without a mode: train and predict.",
  "",
  "  train, predict   networks, in milliseconds a step",
  "  scaling          training on one thread and on --threads",
  "  ops              single operations on one thread, as shares of the processor's roof",
  "  startup          from the start of the process to the first finished training step",
  "",
  ...Object.entries(abouts).map(([name, { value, modes: used, help }]) => {
    const scope = used === modes ? "" : ` (${used.join(", ")})`;
    return `  ${`--${name} ${value}`.padEnd(27)}${help}${scope}`;
  }),
  `  ${"--help".padEnd(27)}this text`,
].join("\n");

type Values = Readonly<Record<string, string | undefined>>;

/** The checked arguments, or "help". Throws an InputError that names the argument. */
export function readOptions(
  args: readonly string[],
  processors: number = availableParallelism(),
): Options | "help" {
  if (args.includes("--help") || args.includes("-h")) return "help";
  const { values, positionals } = parse(args);
  const chosen = readModes(positionals);
  refuseUnused(values, chosen);
  const threads = wholeNumber(values, "threads", Math.min(2, processors));
  if (threads > processors)
    throw new InputError(
      `--threads: this machine has ${count(processors, "processor")}; got ${threads}; give at most that`,
    );
  if (chosen.includes("scaling") && threads < 2)
    throw new InputError(
      `--threads: scaling compares one thread with several; got ${threads}; give 2 or more`,
    );
  return {
    modes: chosen,
    devices: listOf(values, "devices", deviceNames),
    networks: listOf(values, "networks", ["1", "2", "3", "4"])?.map(Number),
    batch: wholeNumber(values, "batch", 32),
    threads,
    samples: wholeNumber(values, "samples", 7),
    shapes: given(values, "shapes"),
    only: texts(values, "only"),
    without: listOf(values, "without", npmPeers) ?? [],
    pythons: Object.fromEntries(
      pythonPeers.flatMap((name) => {
        const command = given(values, name);
        return command === undefined ? [] : [[name, command]];
      }),
    ),
    out: given(values, "out") ?? join(import.meta.dirname, "results"),
  };
}

function parse(args: readonly string[]): { values: Values; positionals: readonly string[] } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(Object.keys(abouts).map((name) => [name, { type: "string" as const }])),
    });
  } catch (error) {
    const known = Object.keys(abouts).map((name) => `--${name}`);
    throw new InputError(`${(error as Error).message} Options are ${known.join(", ")}; --help tells more`);
  }
}

function readModes(positionals: readonly string[]): readonly Mode[] {
  if (positionals.length === 0) return networkModes;
  return checkedList("the mode", positionals, modes);
}

/** An option that no mode of this run reads would be ignored in silence. */
function refuseUnused(values: Values, chosen: readonly Mode[]): void {
  for (const [name, value] of Object.entries(values)) {
    const { modes: used } = abouts[name]!;
    if (value !== undefined && !used.some((mode) => chosen.includes(mode)))
      throw new InputError(
        `--${name}: is for ${used.join(", ")}; got it with ${chosen.join(", ")}; leave it out`,
      );
  }
}

function given(values: Values, name: string): string | undefined {
  if (values[name]?.trim() === "")
    throw new InputError(
      `--${name}: takes ${abouts[name]!.value} (${abouts[name]!.help}); got an empty text`,
    );
  return values[name];
}

function wholeNumber(values: Values, name: string, usual: number): number {
  const text = given(values, name);
  if (text === undefined) return usual;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 1 && number <= 100_000))
    throw new InputError(
      `--${name}: takes a whole number from 1 to 100000; got ${JSON.stringify(text)}; give --${name} ${usual}, say`,
    );
  return number;
}

function texts(values: Values, name: string): readonly string[] | undefined {
  const list = given(values, name)?.split(",");
  if (list?.some((text) => text.trim() === ""))
    throw new InputError(
      `--${name}: takes texts between commas, none of them empty; got ${JSON.stringify(values[name])}`,
    );
  return list;
}

function listOf<Name extends string>(
  values: Values,
  name: string,
  known: readonly Name[],
): readonly Name[] | undefined {
  const list = texts(values, name)?.map((text) => text.trim());
  return list === undefined ? undefined : checkedList(`--${name}`, list, known);
}

function checkedList<Name extends string>(
  argument: string,
  list: readonly string[],
  known: readonly Name[],
): readonly Name[] {
  for (const [at, text] of list.entries()) {
    const wrong = !known.includes(text as Name) ? "" : list.indexOf(text) < at ? " twice" : undefined;
    if (wrong !== undefined)
      throw new InputError(
        `${argument}: must be of ${known.join(", ")}, each at most once; got ${JSON.stringify(text)}${wrong}; --help tells more`,
      );
  }
  return list as readonly Name[];
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
