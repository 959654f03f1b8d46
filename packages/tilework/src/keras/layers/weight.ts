import type { Variable } from "../../graph/value.ts";
import { Breaks } from "../../runtime/breaks.ts";
import type { HostData, VariableStore } from "../../runtime/device.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { NDArray } from "../../tensor/ndarray.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Initializer } from "../initializers/initializer.ts";

export interface WeightSpecification {
  /** Keras's name within the layer, such as "kernel". */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype?: Dtype;
  readonly initializer: Initializer;
  /** False for running statistics; default true. */
  readonly trainable?: boolean;
}

/**
 * A weight of a layer (Keras's Variable). Its value lies on the host until a model takes it into its store; then
 * it lives there.
 */
export class Weight {
  readonly name: string;
  /** `layer/name`, as in Keras. */
  readonly path: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly initializer: Initializer;
  /** What programs read and update. */
  readonly variable: Variable;
  /** True for what is no parameter of the loss, such as running means: optimizers never change it. */
  readonly statistic: boolean;
  /** Whether optimizers may change it. Setting `layer.trainable` sets it for the layer's trainable weights. */
  trainable: boolean;
  #home: VariableStore | undefined;
  #host: HostData | undefined;
  readonly #seed: number;

  /** `seed` starts the initializer's random stream where the initializer has none of its own. */
  constructor(layer: string, specification: WeightSpecification, seed: number) {
    this.name = specification.name;
    this.path = `${layer}/${specification.name}`;
    this.shape = specification.shape;
    this.dtype = specification.dtype ?? "float32";
    this.initializer = specification.initializer;
    this.statistic = specification.trainable === false;
    this.trainable = !this.statistic;
    this.variable = { name: this.path, shape: this.shape, dtype: this.dtype };
    this.#seed = seed;
  }

  /** The store that holds the value; undefined while it lies on the host. */
  get home(): VariableStore | undefined {
    return this.#home;
  }

  /** A copy of the value. */
  async read(): Promise<HostData> {
    if (this.#home !== undefined) return (await this.#home.read([this.variable]))[0]!;
    return this.#hostValue().slice();
  }

  /** Replaces the value; the caller has checked type and length. */
  async write(data: HostData): Promise<void> {
    if (this.#home !== undefined) await this.#home.write([{ variable: this.variable, data }]);
    else this.#host = data.slice();
  }

  async readArray(): Promise<NDArray> {
    return new NDArray(await this.read(), this.shape, this.dtype);
  }

  #hostValue(): HostData {
    this.#host ??= this.initializer.values(this.shape, this.dtype, this.#seed);
    return this.#host;
  }

  /** Moves weights' values to `store`, one after the other, from the host or from another model's store. */
  static async moveTo(store: VariableStore, weights: readonly Weight[]): Promise<void> {
    const breaks = new Breaks();
    for (const weight of weights) {
      const { variable } = weight;
      if (weight.#home === store) continue;
      if (weight.#home === undefined) store.add([{ variable, data: weight.#hostValue() }]);
      else {
        const data = await weight.read();
        store.add([{ variable, data }]);
        await store.write([{ variable, data }]);
      }
      weight.#home = store;
      weight.#host = undefined;
      await breaks.take();
    }
  }
}
