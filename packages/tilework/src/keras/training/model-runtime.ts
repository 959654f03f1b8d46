/** Where a model's variables live, and the programs made for it; both belong to the device in use. */
import type { Plan } from "../../compiler/plan.ts";
import type { Program } from "../../graph/program.ts";
import type { TensorType, Variable } from "../../graph/value.ts";
import { BoundedCache } from "../../runtime/bounded-cache.ts";
import { currentDevice } from "../../runtime/configure.ts";
import type { Device, Executable, VariableStore } from "../../runtime/device.ts";
import { checkPlanFits } from "../../runtime/plan-memory-error.ts";
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

export class ModelRuntime {
  #device: Device | undefined;
  #store: VariableStore | undefined;
  #programs = new BoundedCache<string, Promise<LoadedProgram>>(keptPrograms);
  readonly #slots: Set<Variable> = new Set();

  /** Takes the weights into this model's store on the device in use, together with what the optimizer keeps. */
  async prepare(weights: readonly Weight[]): Promise<{ device: Device; store: VariableStore }> {
    const device = await currentDevice();
    if (this.#store === undefined || this.#device !== device) await this.#moveTo(device);
    const store = this.#store!;
    await Weight.moveTo(store, weights);
    return { device, store };
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
    const fresh = variables.filter((variable) => !this.#slots.has(variable));
    this.#store!.add(fresh.map((variable) => ({ variable, data: new Float32Array(sizeOf(variable.shape)) })));
    for (const variable of fresh) this.#slots.add(variable);
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
    const executable = await this.#device!.load(program);
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

  /** Throws a PlanMemoryError where a program does not fit beside what is in memory by now and what is to come. */
  checkRoom({ executable }: LoadedProgram, bytesToCome: number): void {
    if (executable.plan !== undefined)
      checkPlanFits(executable.plan, this.availableBytes - bytesToCome, this.threads);
  }

  /** Bytes that a step's scratch memory may take by now. */
  get availableBytes(): number {
    return this.#device?.availableBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Workers of the device in use. */
  get threads(): number {
    return this.#device?.threads ?? 1;
  }

  /** A program's plan on the device in use; undefined where the device has none. */
  async inspect(program: Program): Promise<Plan | undefined> {
    return this.#device?.inspect?.(program);
  }

  forgetPrograms(): void {
    this.#programs = new BoundedCache(keptPrograms);
  }
}
