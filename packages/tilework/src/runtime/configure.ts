/** Which device runs the models of this program. */
import { supportsSimd } from "../codegen/wasm/features.ts";
import { platform } from "../platform/current.ts";
import { ArgumentError } from "../util/errors.ts";
import { didYouMean } from "../util/suggest.ts";
import { createCpuDevice } from "./cpu/device.ts";
import { compilerToolchain } from "./cpu/program/toolchain.ts";
import type { Device } from "./device.ts";
import { DeviceError } from "./device-error.ts";
import type { Instructions } from "./instructions.ts";
import { createReferenceDevice } from "./reference/device.ts";
import { warnOnce } from "./warn-once.ts";

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
   * Bytes of memory that the device may take for weights, data and scratch; default: what the engine grants, up to
   * 4 GiB. A step that does not fit is refused with a PlanMemoryError.
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

const settingNames: Readonly<Record<keyof Configuration, true>> = {
  device: true,
  threads: true,
  memoryLimit: true,
  instructions: true,
  tuning: true,
};

interface Settings {
  readonly threads: number;
  readonly instructions: Instructions;
  readonly memoryLimit: number | undefined;
  readonly tuning: number;
}

interface DeviceKind {
  readonly name: Exclude<DeviceName, "auto">;
  /** The device, or why it cannot run here. */
  open(settings: Settings): Promise<Device | string>;
}

/** Fastest first. */
const kinds: readonly DeviceKind[] = [
  {
    name: "x64",
    open: async (settings) => {
      const device = createCpuDevice({ kind: "x64", ...settings, toolchain: compilerToolchain });
      const refusal = await device.refusal();
      if (refusal !== undefined) await device.close();
      return refusal ?? device;
    },
  },
  {
    name: "wasm",
    open: async (settings) =>
      wasmRefusal() ?? createCpuDevice({ kind: "wasm", ...settings, toolchain: compilerToolchain }),
  },
  { name: "reference", open: async () => createReferenceDevice() },
];

const names: readonly DeviceName[] = ["auto", ...kinds.map((kind) => kind.name)];

const instructionNames: readonly Instructions[] = ["auto", "avx512", "avx2"];

/** Milliseconds. */
const usualTuning = 100;

const state: { configuration: Configuration; device: Promise<Device> | undefined } = {
  configuration: {},
  device: undefined,
};

/**
 * Chooses the device for all that runs from now on. What is left out comes from the variables TILEWORK_DEVICE,
 * TILEWORK_THREADS, TILEWORK_INSTRUCTIONS and TILEWORK_TUNING, then from the defaults. Throws an ArgumentError for a value that is not
 * known.
 */
export function configure(configuration: Configuration): void {
  checkConfiguration(configuration);
  if (configuration.device !== undefined) checkDevice("device", configuration.device);
  if (configuration.threads !== undefined) checkThreads("threads", configuration.threads);
  if (configuration.instructions !== undefined) checkInstructions("instructions", configuration.instructions);
  if (configuration.tuning !== undefined) checkTuning("tuning", configuration.tuning);
  if (configuration.memoryLimit !== undefined) checkMemoryLimit(configuration.memoryLimit);
  const before = state.device;
  state.configuration = { ...configuration };
  state.device = undefined;
  before?.then((device) => device.close()).catch(() => undefined);
}

/** The device in use; made at the first call. Rejects with a DeviceError where a forced one cannot run. */
export function currentDevice(): Promise<Device> {
  if (state.device === undefined) {
    const device = chooseDevice();
    state.device = device;
    device.catch(() => {
      if (state.device === device) state.device = undefined;
    });
  }
  return state.device;
}

async function chooseDevice(): Promise<Device> {
  const { configuration } = state;
  const { device: name = deviceVariable(), threads = threadsVariable() } = configuration;
  const { instructions = instructionsVariable(), tuning = tuningVariable(), memoryLimit } = configuration;
  await platform.prepareEngine();
  const tried = name === "auto" ? kinds : kinds.filter((kind) => kind.name === name);
  for (const kind of tried) {
    const device = await kind.open({ threads, instructions, memoryLimit, tuning: Number(tuning) });
    if (typeof device === "object") {
      if (name === "auto" && kind.name === "reference")
        warnOnce("Tilework runs on its slow reference device: this engine has no WebAssembly with SIMD");
      return device;
    }
    if (name !== "auto") throw new DeviceError(name, device);
  }
  throw new DeviceError(name, "no device passes its self-check");
}

function wasmRefusal(): string | undefined {
  if (typeof WebAssembly !== "object") return "there is no WebAssembly";
  if (!supportsSimd()) return "its WebAssembly has no SIMD instructions";
  return undefined;
}

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

/** Refuses what is no plain object of known settings: a misspelt one would silently do nothing. */
function checkConfiguration(configuration: unknown): asserts configuration is Configuration {
  if (typeof configuration !== "object" || configuration === null || Array.isArray(configuration))
    throw new ArgumentError(
      "configuration",
      `configure takes an object, such as configure({ device: "wasm" }); got ${shown(configuration)}`,
    );
  for (const name of Object.keys(configuration))
    if (!Object.hasOwn(settingNames, name)) {
      const known = Object.keys(settingNames);
      throw new ArgumentError(
        name,
        `configure: there is no setting "${name}"${didYouMean(name, known)}; settings are ${known.join(", ")}`,
      );
    }
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function shown(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? "an array"
      : String(value);
}

function checkDevice(argument: string, name: string): asserts name is DeviceName {
  if (!(names as readonly string[]).includes(name))
    throw new ArgumentError(
      argument,
      `${argument}: there is no device "${name}"${didYouMean(name, names)}; devices are ${names.join(", ")}`,
    );
}

function instructionsVariable(): Instructions {
  const name = platform.environment("TILEWORK_INSTRUCTIONS") || "auto";
  checkInstructions("TILEWORK_INSTRUCTIONS", name);
  return name;
}

function checkInstructions(argument: string, name: string): asserts name is Instructions {
  if (!(instructionNames as readonly string[]).includes(name))
    throw new ArgumentError(
      argument,
      `${argument} must be ${instructionNames.map((known) => `"${known}"`).join(", ")}; got "${name}"` +
        didYouMean(name, instructionNames),
    );
}

function checkThreads(argument: string, threads: unknown): void {
  if (!isNumber(threads) || !Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw new ArgumentError(argument, `${argument} must be an integer from 1 to 1024; got ${shown(threads)}`);
}

function tuningVariable(): number {
  const text = platform.environment("TILEWORK_TUNING");
  if (!text) return usualTuning;
  const milliseconds = text === "false" ? 0 : Number(text);
  checkTuning("TILEWORK_TUNING", Number.isNaN(milliseconds) ? text : milliseconds);
  return milliseconds;
}

function checkTuning(argument: string, tuning: unknown): void {
  if (tuning !== false && !(isNumber(tuning) && Number.isFinite(tuning) && tuning >= 0))
    throw new ArgumentError(
      argument,
      `${argument} must be false or a number of milliseconds that is not negative; got ${shown(tuning)}`,
    );
}

function checkMemoryLimit(bytes: unknown): void {
  if (!isNumber(bytes) || !Number.isInteger(bytes) || bytes < 2 ** 20)
    throw new ArgumentError(
      "memoryLimit",
      `memoryLimit must be a whole number of bytes, at least ${2 ** 20}; got ${shown(bytes)}`,
    );
}
