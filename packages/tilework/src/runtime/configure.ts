/** The device that everything runs on: chosen by `configure`, the variables, or what can run here. */
import { supportsSimd } from "../codegen/wasm/features.ts";
import { platform } from "../platform/current.ts";
import {
  type Configuration,
  checkConfiguration,
  type DeviceName,
  type Settings,
  settingsOf,
} from "./configuration.ts";
import { createCpuDevice } from "./cpu/device.ts";
import { compilerToolchain } from "./cpu/program/toolchain.ts";
import type { Device, VectorInstructions } from "./device.ts";
import { DeviceError } from "./device-error.ts";
import { createReferenceDevice } from "./reference/device.ts";
import { warnOnce } from "./warn-once.ts";

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
      const impossible = webAssemblyRefusal() ?? platform.workersRefusal();
      if (impossible !== undefined) return impossible;
      const device = createCpuDevice({ ...settings, kind: "x64", toolchain: compilerToolchain });
      const refusal = await device.refusal();
      if (refusal !== undefined) await device.close();
      return refusal ?? device;
    },
  },
  {
    name: "wasm",
    open: async (settings) =>
      webAssemblyRefusal() ??
      simdRefusal() ??
      platform.workersRefusal() ??
      createCpuDevice({ ...settings, kind: "wasm", toolchain: compilerToolchain }),
  },
  { name: "reference", open: async () => createReferenceDevice() },
];

/** The device in use, and why `auto` passed over others. */
interface Choice {
  readonly device: Device;
  readonly passedOver: Readonly<Record<string, string>>;
}

const state: { configuration: Configuration; choice: Promise<Choice> | undefined } = {
  configuration: {},
  choice: undefined,
};

/**
 * Chooses the device for all that runs from now on. What is left out comes from the variables TILEWORK_DEVICE,
 * TILEWORK_THREADS, TILEWORK_INSTRUCTIONS and TILEWORK_TUNING, then from the defaults. Throws an ArgumentError for a
 * value that is not known. `deviceInfo` tells what came of it.
 */
export function configure(configuration: Configuration): void {
  checkConfiguration(configuration);
  const before = state.choice;
  state.configuration = { ...configuration };
  state.choice = undefined;
  before?.then(({ device }) => device.close()).catch(() => undefined);
}

/** The device in use; made at the first call. Rejects with a DeviceError where a forced one cannot run. */
export async function currentDevice(): Promise<Device> {
  return (await currentChoice()).device;
}

/** What models run on. */
export interface DeviceInfo {
  readonly device: Device["name"];
  /** Workers that share the work. */
  readonly threads: number;
  /** The vector instructions of its kernels; undefined on the reference device. */
  readonly instructions: VectorInstructions | undefined;
  /** The faster devices that `auto` did not take, with the reason of each. */
  readonly passedOver: Readonly<Record<string, string>>;
}

/** Tells which device models run on, and starts it where none has run yet. */
export async function deviceInfo(): Promise<DeviceInfo> {
  const { device, passedOver } = await currentChoice();
  const { name, threads, instructions } = device;
  return { device: name, threads, instructions, passedOver };
}

function currentChoice(): Promise<Choice> {
  if (state.choice === undefined) {
    const choice = chooseDevice(settingsOf(state.configuration));
    state.choice = choice;
    choice.catch(() => {
      if (state.choice === choice) state.choice = undefined;
    });
  }
  return state.choice;
}

async function chooseDevice(settings: Settings): Promise<Choice> {
  const { device: name } = settings;
  await platform.prepareEngine();
  const passedOver: Record<string, string> = {};
  for (const kind of kinds) {
    if (name !== "auto" && name !== kind.name) continue;
    if (name === "auto" && kind.name === "reference") checkSlowDevice(passedOver);
    const device = await kind.open(settings);
    if (typeof device === "object") return { device, passedOver };
    if (name !== "auto") throw new DeviceError(name, device);
    passedOver[kind.name] = device;
  }
  throw new DeviceError(name, "no device passes its self-check");
}

/** Plain loops are taken where the engine can do no more, not where a permission is missing. */
function checkSlowDevice({ wasm }: Readonly<Record<string, string>>): void {
  const noWorkers = platform.workersRefusal();
  if (noWorkers !== undefined) throw new DeviceError("auto", noWorkers);
  warnOnce(`Tilework runs on its slow reference device: ${wasm}`);
}

/** Machine code needs it too: it works in WebAssembly's memory. */
function webAssemblyRefusal(): string | undefined {
  return typeof WebAssembly === "object" ? undefined : "this engine runs without WebAssembly";
}

function simdRefusal(): string | undefined {
  return supportsSimd() ? undefined : "this engine's WebAssembly has no SIMD instructions";
}
