/**
 * Writes a nest step by step: declare axes, load, reduce, store, build. Used by the ops' `lower`.
 *
 *     const nest = new NestBuilder("rowSum");
 *     const i = nest.space("i", rows);
 *     const k = nest.reduction("k", columns);
 *     const [sum] = nest.reduce([{ op: "add", value: nest.load(x, [axisIndex(i), axisIndex(k)]) }], { lanes: true });
 *     nest.store(y, [axisIndex(i)], sum);
 *     return nest.build();
 */
import { invariant } from "../util/errors.ts";
import type { Expression, LoadIndex } from "./expression.ts";
import type { Index } from "./index-expression.ts";
import type { Axis, Buffer, Guard, Level, Nest, Reduction, Store } from "./nest.ts";

export class NestBuilder {
  readonly #name: string;
  readonly #buffers: Buffer[] = [];
  readonly #axes: Axis[] = [];
  readonly #space: number[] = [];
  readonly #guards: Guard[] = [];
  readonly #levels: Level[] = [];
  readonly #stores: Store[] = [];
  #open: number[] = [];
  #later: number[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** A space axis; declare them outermost first. Gives the axis' number. */
  space(name: string, size: number): number {
    this.#space.push(this.#axes.length);
    return this.#axes.push({ name, size }) - 1;
  }

  /** A reduction axis of the level that the next `reduce` closes. */
  reduction(name: string, size: number): number {
    this.#open.push(this.#axes.length);
    return this.#axes.push({ name, size }) - 1;
  }

  /** A reduction axis of the outer level, known already while the inner one is written. */
  outerReduction(name: string, size: number): number {
    this.#later.push(this.#axes.length);
    return this.#axes.push({ name, size }) - 1;
  }

  guard(index: Index, size: number): void {
    this.#guards.push({ index, size });
  }

  load(buffer: Buffer, index: readonly LoadIndex[], fill?: number): Expression {
    invariant(
      index.length === buffer.shape.length,
      `${this.#name}: load of ${buffer.name} needs an index a dimension`,
    );
    const access = { kind: "load", buffer: this.#bind(buffer), index } as const;
    return fill === undefined ? access : { ...access, fill };
  }

  /** Closes a level over the reduction axes declared since the last one. Gives its result slots. */
  reduce(reductions: readonly Reduction[], { lanes = false }: { lanes?: boolean } = {}): Expression[] {
    const level = this.#levels.push({ axes: this.#open, reductions, lanes }) - 1;
    this.#open = this.#later;
    this.#later = [];
    return reductions
      .flatMap((reduction) => (reduction.op === "argmax" ? [0, 0] : [0]))
      .map((_, slot) => ({ kind: "accumulator", level, slot }));
  }

  store(buffer: Buffer, index: readonly Index[], value: Expression): void {
    invariant(
      index.length === buffer.shape.length,
      `${this.#name}: store to ${buffer.name} needs an index a dimension`,
    );
    this.#stores.push({ buffer: this.#bind(buffer), index, value });
  }

  build(): Nest {
    invariant(this.#open.length === 0, `${this.#name}: reduction axes without a reduce`);
    return {
      name: this.#name,
      buffers: this.#buffers,
      axes: this.#axes,
      space: this.#space,
      guards: this.#guards,
      levels: this.#levels,
      stores: this.#stores,
    };
  }

  #bind(buffer: Buffer): number {
    const at = this.#buffers.indexOf(buffer);
    return at >= 0 ? at : this.#buffers.push(buffer) - 1;
  }
}
