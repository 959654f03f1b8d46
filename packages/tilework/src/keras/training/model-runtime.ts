/** Where a model's variables live, and the programs made for it; both belong to the device in use. */
import type { FusedPrograms } from "../../compiler/compile.ts";
import type { Plan } from "../../compiler/plan.ts";
import type { Program } from "../../graph/program.ts";
import type { TensorType, Variable } from "../../graph/value.ts";
import { BoundedCache } from "../../runtime/bounded-cache.ts";
import { currentDevice } from "../../runtime/configure.ts";
import type { Device, Executable, PlannedStep, VariableStore } from "../../runtime/device.ts";
import { buffersFit, fitsBuffer, PlanMemoryError } from "../../runtime/plan-memory-error.ts";
import { byteSize } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { Weight } from "../layers/weight.ts";
import { BurstSize } from "./burst-size.ts";

/** A compiled program, the names of what it is fed, the types of what it gives, and how many steps go into a call. */
export interface LoadedProgram {
  readonly executable: Executable;
  readonly inputs: readonly string[];
  readonly outputs: Readonly<Record<string, TensorType>>;
  readonly burst: BurstSize;
}

const keptPrograms = 24;

function bytesOf({ shape, dtype }: TensorType): number {
  return sizeOf(shape) * byteSize[dtype];
}

export class ModelRuntime {
  /** What is known of programs before there is a device. */
  readonly fused: FusedPrograms = new WeakMap();
  #device: Device | undefined;
  #store: VariableStore | undefined;
  #programs = new BoundedCache<string, Promise<LoadedProgram>>(keptPrograms);
  readonly #slots: Set<Variable> = new Set();

  /** Whether there was a device before. */
  get hasDevice(): boolean {
    return this.#device !== undefined;
  }

  /** Takes the weights into this model's store on the device in use, together with what the optimizer keeps. */
  async prepare(weights: readonly Weight[]): Promise<{ device: Device; store: VariableStore }> {
    const device = await currentDevice();
    if (this.#store === undefined || this.#device !== device) await this.#moveTo(device);
    const store = this.#store!;
    await this.#checkWeights(weights.filter((weight) => weight.home !== store));
    await Weight.moveTo(store, weights);
    return { device, store };
  }

  /** Throws a PlanMemoryError for weights that there is no room for, before they are computed. */
  async #checkWeights(weights: readonly Weight[]): Promise<void> {
    const sizes = weights.map(({ variable }) => bytesOf(variable));
    if (sizes.every(fitsBuffer) && (await this.hasRoom(sizes))) return;
    const largest = weights.map(({ path }, i) => {
      return { name: path, origin: path, offset: 0, bytes: sizes[i]!, first: 0, last: 0 };
    });
    throw new PlanMemoryError({
      subject: "the model with its weights",
      planBytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
      availableBytes: this.availableBytes,
      buffers: largest.sort((a, b) => b.bytes - a.bytes),
    });
  }

  async #moveTo(device: Device): Promise<void> {
    const store = device.createStore();
    const slots = [...this.#slots];
    if (this.#store !== undefined && slots.length > 0) {
      const values = await this.#store.read(slots);
      store.add(slots.map((variable, i) => ({ variable, data: values[i]! })));
    }
    this.#device = device;
    this.#store = store;
    this.forgetPrograms();
  }

  /** Adds variables that start at zero; those that are there keep their values. */
  addSlots(variables: readonly Variable[]): void {
    for (const variable of this.#missingSlots(variables)) {
      this.#store!.add([{ variable, data: new Float32Array(sizeOf(variable.shape)) }]);
      this.#slots.add(variable);
    }
  }

  /** Bytes of each of the variables that `addSlots` would add. */
  slotSizes(variables: readonly Variable[]): number[] {
    return this.#missingSlots(variables).map(bytesOf);
  }

  #missingSlots(variables: readonly Variable[]): Variable[] {
    return variables.filter((variable) => !this.#slots.has(variable));
  }

  /** The compiled program of this key; `write` writes it when it is not there. */
  load(key: string, write: () => Promise<Program>): Promise<LoadedProgram> {
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const loaded = write().then((program) => this.compile(program));
    this.#programs.set(key, loaded);
    loaded.catch(() => this.#programs.delete(key));
    return loaded;
  }

  /** Compiles a program without keeping it. */
  async compile(program: Program): Promise<LoadedProgram> {
    const executable = await this.#device!.load(program, this.fused);
    const outputs = Object.entries(program.outputs).map(([name, { shape, dtype }]) => [
      name,
      { shape, dtype },
    ]);
    return {
      executable,
      inputs: Object.keys(program.inputs),
      outputs: Object.fromEntries(outputs),
      burst: new BurstSize(),
    };
  }

  /**
   * Whether blocks of these sizes fit into memory beside what is there by now, and then a step by the plan. Garbage is
   * given back where they would not.
   */
  async hasRoom(toCome: readonly number[], step?: PlannedStep): Promise<boolean> {
    const device = this.#device;
    if (device?.hasRoom === undefined || device.hasRoom(toCome, step)) return true;
    await this.reclaim();
    return device.hasRoom(toCome, step);
  }

  /** The same of a step that was planned only: at once, as memory is by now. */
  fits(toCome: readonly number[], step: PlannedStep): boolean {
    return buffersFit(step.plan) && (this.#device?.hasRoom?.(toCome, step) ?? true);
  }

  /** Bytes that blocks of these sizes and a step take. */
  stepBytes(toCome: readonly number[], step: PlannedStep): number {
    const known = this.#device?.stepBytes?.(toCome, step);
    return known ?? toCome.reduce((sum, bytes) => sum + bytes, step.plan.arenaBytes);
  }

  /** Gives back memory that is not in use. */
  async reclaim(): Promise<void> {
    await this.#device?.reclaim?.();
  }

  /** Bytes that a step may take by now. */
  get availableBytes(): number {
    return this.#device?.availableBytes ?? Number.POSITIVE_INFINITY;
  }

  /** A program's plan on the device in use; undefined where the device has none. */
  async inspect(program: Program): Promise<Plan | undefined> {
    return this.#device?.inspect?.(program);
  }

  /** Forgets one, which was refused. */
  forgetProgram(key: string): void {
    this.#programs.delete(key);
  }

  forgetPrograms(): void {
    this.#programs = new BoundedCache(keptPrograms);
  }
}
