/** Variables as float64 arrays, so that nothing is lost between steps. */
import type { Variable } from "../../graph/value.ts";
import { ArgumentError } from "../../util/errors.ts";
import { checkData } from "../check-data.ts";
import { type HostData, hostData, type StoreSnapshot, type VariableStore } from "../device.ts";
import { SerialQueue } from "../serial-queue.ts";

interface Assignment {
  readonly variable: Variable;
  readonly data: HostData;
}

export class ReferenceStore implements VariableStore {
  readonly values: Map<Variable, Float64Array> = new Map();
  readonly queue: SerialQueue = new SerialQueue();

  add(variables: readonly Assignment[]): void {
    for (const { variable, data } of variables) checkData("variables", variable.name, data, variable);
    for (const { variable, data } of variables)
      if (!this.values.has(variable)) this.values.set(variable, Float64Array.from(data));
  }

  /** Throws an ArgumentError for a variable that was never added. */
  check(variables: readonly Variable[]): void {
    for (const variable of variables)
      if (!this.values.has(variable))
        throw new ArgumentError("variable", `the store has no variable "${variable.name}"; add it first`);
  }

  async read(variables: readonly Variable[]): Promise<HostData[]> {
    this.check(variables);
    return this.queue.run(() =>
      variables.map((variable) => hostData(variable.dtype, this.values.get(variable)!)),
    );
  }

  async write(values: readonly Assignment[]): Promise<void> {
    this.check(values.map(({ variable }) => variable));
    for (const { variable, data } of values) checkData("values", variable.name, data, variable);
    const copies = values.map(({ variable, data }) => ({ variable, data: Float64Array.from(data) }));
    return this.queue.run(() => {
      for (const { variable, data } of copies) this.values.set(variable, data);
    });
  }

  async snapshot(): Promise<StoreSnapshot> {
    return this.queue.run(() => new Map(this.values));
  }

  async restore(snapshot: StoreSnapshot): Promise<void> {
    return this.queue.run(() => {
      for (const [variable, data] of snapshot) this.values.set(variable, data as Float64Array);
    });
  }
}
