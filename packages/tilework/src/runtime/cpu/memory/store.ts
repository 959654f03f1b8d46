/** The variables of one model in the device's memory, one block each. */
import type { Variable } from "../../../graph/value.ts";
import { ArgumentError } from "../../../util/errors.ts";
import { checkData } from "../../check-data.ts";
import type { HostData, StoreSnapshot, VariableStore } from "../../device.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import type { Block } from "./blocks.ts";
import { bytesIn, bytesOf, dataAt } from "./bytes.ts";

interface Assignment {
  readonly variable: Variable;
  readonly data: HostData;
}

export class CpuStore implements VariableStore {
  readonly runtime: CpuRuntime;
  readonly #blocks = new Map<Variable, Block>();
  readonly #owned: Block[] = [];
  #version = 0;

  constructor(runtime: CpuRuntime) {
    this.runtime = runtime;
    runtime.own(this, this.#owned);
  }

  /** Another number whenever the value of a variable may be another one, for what is handed to workers from then on. */
  get version(): number {
    return this.#version;
  }

  /** Steps that change variables were handed to the workers. */
  changed(): void {
    this.#version++;
  }

  add(variables: readonly Assignment[]): void {
    for (const { variable, data } of variables) checkData("variables", variable.name, data, variable);
    for (const { variable, data } of variables) {
      if (this.#blocks.has(variable)) continue;
      const block = this.runtime.memory.allocate(bytesOf(variable));
      this.#owned.push(block);
      this.#blocks.set(variable, block);
      this.#put(variable, data);
    }
  }

  /** Holds until blocks are moved. Throws an ArgumentError for a variable that was never added. */
  addressOf(variable: Variable): number {
    const block = this.#blocks.get(variable);
    if (block === undefined)
      throw new ArgumentError("variable", `the store has no variable "${variable.name}"; add it first`);
    return block.address;
  }

  async read(variables: readonly Variable[]): Promise<HostData[]> {
    for (const variable of variables) this.addressOf(variable);
    return this.runtime.exclusive(() => Promise.all(variables.map((variable) => this.#get(variable))));
  }

  async write(values: readonly Assignment[]): Promise<void> {
    for (const { variable, data } of values) {
      this.addressOf(variable);
      checkData("values", variable.name, data, variable);
    }
    const copies = values.map(({ variable, data }) => ({ variable, data: data.slice() }));
    return this.runtime.exclusive(() => {
      for (const { variable, data } of copies) this.#put(variable, data);
    });
  }

  async snapshot(): Promise<StoreSnapshot> {
    return this.runtime.exclusive(async () => {
      const snapshot = new Map<Variable, HostData>();
      for (const variable of this.#blocks.keys()) {
        const data = await this.#get(variable);
        this.runtime.memory.remember(this.addressOf(variable), bytesIn(data));
        snapshot.set(variable, data);
      }
      return snapshot;
    });
  }

  async restore(snapshot: StoreSnapshot): Promise<void> {
    return this.runtime.exclusive(() => {
      for (const [variable, data] of snapshot) this.#put(variable, data as HostData);
    });
  }

  #put(variable: Variable, data: HostData): void {
    this.changed();
    const bytes = bytesIn(data);
    this.runtime.memory.write(this.addressOf(variable), bytes.length, (target) => target.set(bytes));
  }

  async #get(variable: Variable): Promise<HostData> {
    const bytes = await this.runtime.memory.read(this.addressOf(variable), bytesOf(variable));
    return dataAt(bytes, 0, variable);
  }
}
