/** Which device runs the models of this program. */
import { supportsSimd } from "../codegen/wasm/features.ts";
import { platform } from "../platform/current.ts";
import { ArgumentError } from "../util/errors.ts";
import { didYouMean } from "../util/suggest.ts";
import { createCpuDevice } from "./cpu/device.ts";
import { compilerToolchain } from "./cpu/toolchain.ts";
import type { Device } from "./device.ts";
import { DeviceError } from "./device-error.ts";
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
}

interface DeviceKind {
  readonly name: Exclude<DeviceName, "auto">;
  /** Why it cannot run here; undefined where it can. */
  refusal(): Promise<string | undefined>;
  create(threads: number): Device;
}

/** Fastest first. */
const kinds: readonly DeviceKind[] = [
  {
    name: "x64",
    refusal: async () => "this version has no printer of machine code",
    create: () => {
      throw new DeviceError("x64", "this version has no printer of machine code");
    },
  },
  {
    name: "wasm",
    refusal: wasmRefusal,
    create: (threads) => createCpuDevice({ kind: "wasm", threads, toolchain: compilerToolchain }),
  },
  { name: "reference", refusal: async () => undefined, create: createReferenceDevice },
];

const names: readonly DeviceName[] = ["auto", ...kinds.map((kind) => kind.name)];

const state: { configuration: Configuration; device: Promise<Device> | undefined } = {
  configuration: {},
  device: undefined,
};

/**
 * Chooses the device for all that runs from now on. What is left out comes from the variables TILEWORK_DEVICE and
 * TILEWORK_THREADS, then from the defaults. Throws an ArgumentError for an unknown device or number of threads.
 */
export function configure(configuration: Configuration): void {
  if (configuration.device !== undefined) checkDevice("device", configuration.device);
  if (configuration.threads !== undefined) checkThreads("threads", configuration.threads);
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
  const { device: name = deviceVariable(), threads = threadsVariable() } = state.configuration;
  await platform.prepareEngine();
  const tried = name === "auto" ? kinds : kinds.filter((kind) => kind.name === name);
  for (const kind of tried) {
    const refusal = await kind.refusal();
    if (refusal === undefined) {
      if (name === "auto" && kind.name === "reference")
        warnOnce("Tilework runs on its slow reference device: this engine has no WebAssembly with SIMD");
      return kind.create(threads);
    }
    if (name !== "auto") throw new DeviceError(name, refusal);
  }
  throw new DeviceError(name, "no device passes its self-check");
}

async function wasmRefusal(): Promise<string | undefined> {
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
  checkThreads("TILEWORK_THREADS", Number(text));
  return Number(text);
}

function checkDevice(argument: string, name: string): asserts name is DeviceName {
  if (!(names as readonly string[]).includes(name))
    throw new ArgumentError(
      argument,
      `${argument}: there is no device "${name}"${didYouMean(name, names)}; devices are ${names.join(", ")}`,
    );
}

function checkThreads(argument: string, threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw new ArgumentError(argument, `${argument} must be an integer from 1 to 1024; got ${threads}`);
}
