/** A device of one thread that runs timed programs. */
import {
  type CpuDevice,
  CpuExecutable,
  compilerToolchain,
  createCpuDevice,
  type Executable,
  type HostData,
  type ScheduledNest,
  type VariableStore,
} from "tilework/internal";
import { type Burst, type EngineName, startBurst } from "../machine/burst.ts";
import type { DeviceName } from "../options.ts";
import { elementsOf, type OpCase } from "./op-case.ts";

/** A program that is compiled, with its data in place. */
export interface LoadedCase {
  /** What is run at the moment: each kernel with its schedule. */
  kernels(): readonly ScheduledNest[];
  run(steps: number): Promise<RunTime>;
}

/** Milliseconds a step: of the clock, and of this process's processor time. */
export interface RunTime {
  readonly clock: number;
  readonly processor: number;
}

/**
 * What counts of a run, in milliseconds: the clock's time, or the processor's where that is less, because then other
 * processes took the processor away. So waiting does not count.
 */
export function millisecondsOf({ clock, processor }: RunTime): number {
  return Math.min(clock, processor);
}

export class OpDevice {
  readonly name: DeviceName;
  readonly burst: Burst;
  readonly #device: CpuDevice;

  private constructor(name: DeviceName, device: CpuDevice, burst: Burst) {
    this.name = name;
    this.#device = device;
    this.burst = burst;
  }

  /** Throws an Error where the device cannot run here. */
  static async open(name: DeviceName): Promise<OpDevice> {
    const instructions = name === "avx2" ? "avx2" : "auto";
    const tuning = Number(process.env.TILEWORK_TUNING ?? 100);
    const kind = name === "wasm" ? "wasm" : "x64";
    const device = createCpuDevice({ kind, threads: 1, instructions, tuning, toolchain: compilerToolchain });
    const refusal = await device.refusal();
    if (refusal !== undefined) throw new Error(`${name}: ${refusal}`);
    const engine: "x64" | EngineName = name;
    return new OpDevice(name, device, await startBurst(1, { engine }));
  }

  async load({ program, variables }: OpCase): Promise<LoadedCase> {
    const executable = await this.#device.load(program);
    const store = this.#device.createStore();
    store.add(variables.map(({ variable, below }) => ({ variable, data: fill(variable, below) })));
    const kernels = () => (executable instanceof CpuExecutable ? executable.plan.kernels : []);
    return { kernels, run: (steps) => timeSteps(executable, store, steps) };
  }

  async close(): Promise<void> {
    this.burst.end();
    await this.#device.close();
  }
}

/** Nothing runs in this process meanwhile but the device's one worker. */
async function timeSteps(executable: Executable, store: VariableStore, steps: number): Promise<RunTime> {
  const feeds = new Array(steps).fill({});
  const [started, before] = [performance.now(), process.cpuUsage()];
  await executable.run(store, feeds);
  const { user, system } = process.cpuUsage(before);
  return { clock: (performance.now() - started) / steps, processor: (user + system) / 1000 / steps };
}

function fill(
  { shape, dtype }: OpCase["variables"][number]["variable"],
  below: number | undefined,
): HostData {
  const count = elementsOf(shape);
  if (dtype !== "float32") {
    const data = dtype === "int32" ? new Int32Array(count) : new Uint8Array(count);
    return data.map((_, at) => (at * 7919) % (below ?? 2));
  }
  const data = new Float32Array(count);
  for (let at = 0; at < count; at++)
    data[at] = (((at * 7919) % 1000) / 1000) * (below ?? 1) - (below ? 0 : 0.5);
  return data;
}
