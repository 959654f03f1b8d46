/**
 * Random valid nests for differential tests: elementwise code, contractions, reductions with and without lanes,
 * argmax, two levels, guards, fills, tables, strides, gathers, all element types, updates in place.
 *
 * A nest is built from a list of small numbers, each of which answers the next question ("which size?"); 0 is
 * always the simplest answer, so that fast-check shrinks a failing nest by shrinking numbers.
 */
import fc from "fast-check";
import {
  add,
  binary,
  compare,
  convert,
  f32,
  fma,
  i32,
  mul,
  position,
  select,
  unary,
} from "../kernel/build-expression.ts";
import type { Expression, LoadIndex } from "../kernel/expression.ts";
import {
  addIndex,
  axisIndex,
  constantIndex,
  type Index,
  rangeOf,
  tableIndex,
} from "../kernel/index-expression.ts";
import type { Elements } from "../kernel/interpret.ts";
import { exp, log, sigmoid, tanh } from "../kernel/math.ts";
import type { Buffer, Nest, Reduction } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import { someIntegers, tensor } from "./nest-case.ts";

export interface RandomNest {
  readonly nest: Nest;
  /** What every buffer holds beforehand; a nest may leave elements of its outputs as they were. */
  readonly contents: ReadonlyMap<Buffer, Elements>;
}

/** Answers questions from a list of numbers; with 0 once it is used up. */
class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(count: number): number {
    return (this.#numbers[this.#next++] ?? 0) % count;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  times<T>(count: number, make: (at: number) => T): T[] {
    return Array.from({ length: count }, (_, at) => make(at));
  }
}

interface Scope {
  readonly axes: readonly number[];
  readonly floats: readonly Expression[];
  readonly integers: readonly Expression[];
}

const reductionKinds = ["product", "add", "max", "min", "argmax", "integers", "integerMax"] as const;

class RandomNestBuilder {
  readonly #choices: Choices;
  readonly #nest = new NestBuilder("random");
  readonly #sizes: number[] = [];
  readonly #buffers: Buffer[] = [];

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  build(): RandomNest {
    const choices = this.#choices;
    const levels = choices.pick([0, 1, 1, 1, 2]);
    const outer = choices.times(choices.below(3), (at) => this.#axis("space", `s${at}`, [1, 2, 3, 4]));
    const space = [...outer, this.#axis("space", "x", [1, 3, 4, 5, 8, 16, 17, 20, 33])];
    let scope: Scope = { axes: space, floats: [], integers: [] };
    if (levels > 0) {
      const lanes = choices.below(3) === 1;
      const inner = [
        ...choices.times(choices.below(3), (at) => this.#axis("reduction", `k${at}`, [1, 2, 3])),
        this.#axis("reduction", "z", lanes ? [5, 16, 19, 35, 1] : [1, 2, 3, 5]),
      ];
      const around =
        levels === 2
          ? choices.times(1 + choices.below(2), (at) => this.#axis("outerReduction", `u${at}`, [1, 2, 3]))
          : [];
      scope = this.#level([...space, ...around, ...inner], scope, lanes);
      if (levels === 2) scope = this.#level([...space, ...around], scope, choices.below(4) === 1);
    }
    this.#stores({ ...scope, axes: space });
    return {
      nest: this.#nest.build(),
      contents: new Map(this.#buffers.map((each, at) => [each, contentsOf(each, at)])),
    };
  }

  #axis(kind: "space" | "reduction" | "outerReduction", name: string, sizes: readonly number[]): number {
    const size = this.#choices.pick(sizes);
    this.#sizes.push(size);
    return this.#nest[kind](name, size);
  }

  /** Closes a level; what follows may read its results. */
  #level(axes: readonly number[], inside: Scope, lanes: boolean): Scope {
    const choices = this.#choices;
    const scope = { ...inside, axes };
    const floats: Expression[] = [];
    const integers: Expression[] = [];
    const kinds = choices.times(1 + choices.pick([0, 0, 0, 1, 2]), () => choices.pick(reductionKinds));
    const reductions = kinds.map((kind): Reduction => {
      if (kind === "product") return { op: "add", value: mul(this.#float(scope, 1), this.#float(scope, 1)) };
      if (kind === "integers") return { op: "add", value: this.#integer(scope, 2) };
      if (kind === "integerMax") return { op: choices.pick(["max", "min"]), value: this.#integer(scope, 2) };
      if (kind !== "argmax") return { op: kind, value: this.#float(scope, 2) };
      const value = this.#float(scope, 2);
      return lanes
        ? { op: "max", value }
        : { op: "argmax", value, position: position(this.#index(scope.axes, scope.axes.length)) };
    });
    const slots = this.#nest.reduce(reductions, { lanes });
    let slot = 0;
    reductions.forEach((reduction, at) => {
      const isInteger = kinds[at] === "integers" || kinds[at] === "integerMax";
      (isInteger ? integers : floats).push(slots[slot++]!);
      if (reduction.op === "argmax") integers.push(slots[slot++]!);
    });
    return { axes, floats, integers };
  }

  #stores(scope: Scope): void {
    const choices = this.#choices;
    for (const number of choices.times(1 + choices.pick([0, 0, 1, 2]), (at) => at)) {
      const dtype = choices.pick(["float32", "float32", "int32", "uint8", "bool"] as const);
      const { index, shape } = this.#wholeSpace(scope.axes);
      const buffer = this.#buffer(`out${number}`, shape, dtype);
      const before = choices.below(6) === 1 ? this.#nest.load(buffer, index) : undefined;
      this.#nest.store(buffer, index, this.#stored(scope, dtype, before));
    }
  }

  #stored(scope: Scope, dtype: Dtype, before: Expression | undefined): Expression {
    if (dtype === "bool") return select(this.#mask(scope, 1), i32(1), i32(0));
    const value = dtype === "float32" ? this.#float(scope, 3) : this.#integer(scope, 3);
    return before === undefined ? value : add(before, value);
  }

  /** An index that visits each space point's own element: axes in some order, some merged, some with gaps. */
  #wholeSpace(axes: readonly number[]): { index: Index[]; shape: number[] } {
    const choices = this.#choices;
    const order = choices.below(4) === 1 ? [...axes].reverse() : axes;
    const index: Index[] = [];
    const shape: number[] = [];
    for (const axis of order) {
      const size = this.#sizes[axis]!;
      const gap = choices.pick([1, 1, 1, 2]);
      if (index.length > 0 && choices.below(4) === 1) {
        const merged = addIndex(scaled(index.pop()!, size), axisIndex(axis));
        index.push(merged);
        shape.pop();
        shape.push(rangeOf(merged, (each) => this.#sizes[each]!).max + 1);
      } else {
        index.push(axisIndex(axis, gap));
        shape.push(size * gap);
      }
    }
    return { index, shape };
  }

  #buffer(name: string, shape: readonly number[], dtype: Dtype): Buffer {
    const buffer = tensor(name, shape, dtype);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** A sum of up to `most` axes with strides, and sometimes a table. */
  #index(axes: readonly number[], most: number): Index {
    const choices = this.#choices;
    const parts = choices.times(choices.below(most + 1), () => {
      const axis = axes[axes.length - 1 - choices.below(axes.length)]!;
      if (choices.below(8) === 1)
        return tableIndex(
          axis,
          choices.times(this.#sizes[axis]!, () => choices.below(4)),
        );
      return axisIndex(axis, choices.pick([1, 1, 1, 2, 3, -1]));
    });
    return addIndex(...parts);
  }

  /** A load that stays inside its buffer, by the buffer's size, by a guard or by a fill. */
  #load(scope: Scope, dtype: Dtype): Expression {
    const choices = this.#choices;
    const fill = choices.below(5) === 1 ? choices.pick([0, 1, -1]) : undefined;
    const shape: number[] = [];
    const guards: { index: Index; size: number }[] = [];
    const rank = choices.pick([1, 2, 1, 3, 0]);
    const plain = choices.below(2) === 0;
    const indices = choices.times(rank, (at): LoadIndex => {
      if (choices.below(12) === 1) {
        shape.push(1 + choices.below(5));
        return { dynamic: this.#integer(scope, 0) };
      }
      const ownAxis = scope.axes[scope.axes.length - rank + at];
      const raw = plain && ownAxis !== undefined ? axisIndex(ownAxis) : this.#index(scope.axes, 2);
      const { min, max } = rangeOf(raw, (axis) => this.#sizes[axis]!);
      const extent = max - min + 1;
      const crop = extent > 2 ? choices.pick([0, 0, 0, 0, 1]) : 0;
      const size = extent - 2 * crop;
      const index = addIndex(raw, constantIndex(-min - crop));
      if (crop > 0 && fill === undefined) guards.push({ index, size });
      shape.push(size + choices.pick([0, 0, 1, 3]));
      return index;
    });
    for (const { index, size } of guards) this.#nest.guard(index, size);
    return this.#nest.load(this.#buffer(`in${this.#buffers.length}`, shape, dtype), indices, fill);
  }

  #float(scope: Scope, depth: number): Expression {
    const choices = this.#choices;
    const leaf = depth === 0 || choices.below(3) === 0;
    if (leaf) {
      if (scope.floats.length > 0 && choices.below(3) < 2) return choices.pick(scope.floats);
      if (choices.below(6) === 1)
        return f32(choices.pick([1, 0, 0.5, -3, -0, Number.POSITIVE_INFINITY, 1e-40]));
      return this.#load(scope, "float32");
    }
    const x = (): Expression => this.#float(scope, depth - 1);
    switch (choices.below(8)) {
      case 0:
        return binary(choices.pick(["add", "mul", "sub", "min", "max", "div"]), x(), x());
      case 1:
        return fma(x(), x(), x());
      case 2:
        return unary(choices.pick(["neg", "abs", "floor", "ceil", "trunc", "roundEven", "sqrt"]), x());
      case 3:
        return select(this.#mask(scope, depth - 1), x(), x());
      case 4:
        return convert("f32FromI32", this.#integer(scope, depth - 1));
      case 5: {
        const shared = x();
        return mul(shared, add(shared, f32(1)));
      }
      case 6:
        return choices.pick([exp, tanh, sigmoid, log])(x());
      default:
        return mul(convert("f32FromI32", position(this.#index(scope.axes, 2))), f32(0.25));
    }
  }

  #integer(scope: Scope, depth: number): Expression {
    const choices = this.#choices;
    const leaf = depth === 0 || choices.below(3) === 0;
    if (leaf) {
      if (scope.integers.length > 0 && choices.below(3) < 2) return choices.pick(scope.integers);
      const kind = choices.below(6);
      if (kind === 1) return i32(choices.pick([1, 0, -1, 255, 0x9e3779b1, 0x7fffffff]));
      if (kind === 2) return position(this.#index(scope.axes, 2));
      return this.#load(scope, choices.pick(["int32", "uint8", "bool"]));
    }
    const x = (): Expression => this.#integer(scope, depth - 1);
    switch (choices.below(5)) {
      case 0:
        return binary(choices.pick(["add", "sub", "mul", "min", "max", "and", "or", "xor"]), x(), x());
      case 1:
        return binary(choices.pick(["shl", "shrU", "shrS"]), x(), i32(choices.pick([1, 0, 7, 31])));
      case 2:
        return unary(choices.pick(["not", "neg", "abs"]), x());
      case 3:
        return select(this.#mask(scope, depth - 1), x(), x());
      default:
        return convert("i32FromF32", this.#float(scope, depth - 1));
    }
  }

  #mask(scope: Scope, depth: number): Expression {
    const choices = this.#choices;
    const below = Math.max(0, depth - 1);
    const op = choices.pick(["lt", "le", "eq", "ne", "gt", "ge"] as const);
    const comparison =
      choices.below(2) === 0
        ? compare(op, this.#float(scope, below), this.#float(scope, below))
        : compare(op, this.#integer(scope, below), this.#integer(scope, below));
    if (depth === 0 || choices.below(3) < 2) return comparison;
    if (choices.below(2) === 0) return unary("not", comparison);
    return binary(choices.pick(["and", "or", "xor"]), comparison, this.#mask(scope, depth - 1));
  }
}

function scaled(index: Index, factor: number): Index {
  return addIndex(...Array.from({ length: factor }, () => index));
}

/** Coarse values, so that ties occur, and in floats now and then a special one. */
function contentsOf({ shape, dtype }: Buffer, seed: number): Elements {
  const numbers = someIntegers([sizeOf(shape)], 97, seed + 1);
  if (dtype === "bool") return Uint8Array.from(numbers, (k) => k % 2);
  if (dtype === "uint8") return Uint8Array.from(numbers, (k) => (k * 37) % 256);
  if (dtype === "int32") return numbers.map((k) => (k < 90 ? k - 5 : Math.imul(k, 0x3779b1)));
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-41];
  const usesSpecial = seed % 4 === 3;
  return Float32Array.from(numbers, (k) => (usesSpecial && special[k]) || (k - 48) / 16);
}

/** Random nests that the bounds proof accepts. */
export const randomNest: fc.Arbitrary<RandomNest> = fc
  .array(fc.nat(10_079), { minLength: 0, maxLength: 160, size: "max" })
  .map((numbers) => new RandomNestBuilder(new Choices(numbers)).build());
