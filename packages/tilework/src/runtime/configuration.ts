/** What `configure` and the variables TILEWORK_… may say, checked. */
import { platform } from "../platform/current.ts";
import { ArgumentError } from "../util/errors.ts";
import { didYouMean } from "../util/suggest.ts";
import type { Instructions } from "./instructions.ts";

export type DeviceName = "auto" | "wasm" | "x64" | "reference";

export interface Configuration {
  /**
   * `auto` (the default) takes the fastest that passes its self-check; `wasm` is WebAssembly on all cores, `x64`
   * machine code, `reference` slow plain loops in float64.
   */
  readonly device?: DeviceName;
  /** Workers; default: all processors. Results do not depend on it. */
  readonly threads?: number;
  /**
   * Bytes of memory that the device may take for weights, data and scratch, from 1 MiB to 4 GiB; default: what the
   * engine grants, up to 4 GiB. A step that does not fit is refused with a PlanMemoryError.
   */
  readonly memoryLimit?: number;
  /**
   * Which machine code `x64` prints: `auto` (the default) the widest vectors that the processor has. Results do not
   * depend on it.
   */
  readonly instructions?: Instructions;
  /**
   * Milliseconds that a program may take, once, to find faster schedules for its heaviest kernels by timing some on
   * this machine; it does so when it has run for as long. Default 100; `false` or 0: never. Machine code only.
   * Results do not depend on it.
   */
  readonly tuning?: number | false;
}

/** What holds where neither the call nor a variable says anything else. */
export interface Settings {
  readonly device: DeviceName;
  readonly threads: number;
  readonly instructions: Instructions;
  readonly memoryLimit: number | undefined;
  readonly tuning: number;
}

const deviceNames: readonly DeviceName[] = ["auto", "x64", "wasm", "reference"];
const instructionNames: readonly Instructions[] = ["auto", "avx512", "avx2"];

/** Milliseconds. */
const usualTuning = 100;

/** Bytes: room for what every device needs, and what 32-bit addresses reach. */
const leastMemory = 2 ** 20;
const mostMemory = 2 ** 32;

/** Throws an ArgumentError for what is no object of known settings: a misspelt one would silently do nothing. */
export function checkConfiguration(configuration: unknown): asserts configuration is Configuration {
  if (typeof configuration !== "object" || configuration === null || Array.isArray(configuration))
    throw new ArgumentError(
      "configuration",
      `configure takes an object, such as configure({ device: "wasm" }); got ${shown(configuration)}`,
    );
  const known = Object.keys(checks);
  for (const [name, value] of Object.entries(configuration)) {
    if (!Object.hasOwn(checks, name))
      throw new ArgumentError(
        name,
        `configure: there is no setting "${name}"${didYouMean(name, known)}; settings are ${known.join(", ")}`,
      );
    if (value !== undefined) checks[name as keyof Configuration](name, value);
  }
}

/** The settings with what is left out filled in from the variables, then from the defaults. */
export function settingsOf(configuration: Configuration): Settings {
  const { device = deviceVariable(), threads = threadsVariable(), memoryLimit } = configuration;
  const { instructions = instructionsVariable(), tuning = tuningVariable() } = configuration;
  return { device, threads, instructions, memoryLimit, tuning: Number(tuning) };
}

const checks: Readonly<Record<keyof Configuration, (argument: string, value: unknown) => void>> = {
  device: checkDevice,
  threads: checkThreads,
  memoryLimit: checkMemoryLimit,
  instructions: checkInstructions,
  tuning: checkTuning,
};

function deviceVariable(): DeviceName {
  const name = platform.environment("TILEWORK_DEVICE") || "auto";
  checkDevice("TILEWORK_DEVICE", name);
  return name;
}

function threadsVariable(): number {
  const text = platform.environment("TILEWORK_THREADS");
  if (!text) return platform.availableThreads;
  checkThreads("TILEWORK_THREADS", /^\d+$/.test(text) ? Number(text) : text);
  return Number(text);
}

function instructionsVariable(): Instructions {
  const name = platform.environment("TILEWORK_INSTRUCTIONS") || "auto";
  checkInstructions("TILEWORK_INSTRUCTIONS", name);
  return name;
}

function tuningVariable(): number {
  const text = platform.environment("TILEWORK_TUNING");
  if (!text) return usualTuning;
  const milliseconds = text === "false" ? 0 : Number(text.trim() || Number.NaN);
  checkTuning("TILEWORK_TUNING", Number.isNaN(milliseconds) ? text : milliseconds);
  return milliseconds;
}

function checkDevice(argument: string, name: unknown): asserts name is DeviceName {
  if (!isOneOf(deviceNames, name))
    throw new ArgumentError(
      argument,
      `${argument}: there is no device ${shown(name)}${nearMiss(name, deviceNames)}; devices are ${deviceNames.join(", ")}`,
    );
}

function checkInstructions(argument: string, name: unknown): asserts name is Instructions {
  if (!isOneOf(instructionNames, name))
    throw new ArgumentError(
      argument,
      `${argument} must be ${instructionNames.map(shown).join(", ")}; got ${shown(name)}` +
        nearMiss(name, instructionNames),
    );
}

function checkThreads(argument: string, threads: unknown): void {
  if (!isNumber(threads) || !Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw new ArgumentError(argument, `${argument} must be an integer from 1 to 1024; got ${shown(threads)}`);
}

function checkTuning(argument: string, tuning: unknown): void {
  if (tuning !== false && !(isNumber(tuning) && Number.isFinite(tuning) && tuning >= 0))
    throw new ArgumentError(
      argument,
      `${argument} must be false or a number of milliseconds that is not negative; got ${shown(tuning)}`,
    );
}

function checkMemoryLimit(argument: string, bytes: unknown): void {
  if (!isNumber(bytes) || !Number.isInteger(bytes) || bytes < leastMemory || bytes > mostMemory)
    throw new ArgumentError(
      argument,
      `${argument} must be a whole number of bytes from ${leastMemory} (1 MiB) to ${mostMemory} (4 GiB); got ${shown(bytes)}`,
    );
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isOneOf<T extends string>(names: readonly T[], value: unknown): value is T {
  return (names as readonly unknown[]).includes(value);
}

function nearMiss(value: unknown, names: readonly string[]): string {
  return typeof value === "string" ? didYouMean(value, names) : "";
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
