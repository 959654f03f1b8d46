/** One timed program: a pass of an operation over variables, so that steps need no data from outside. */
import { type Program, read, simplify, type Value, type Variable } from "tilework/internal";
import type { Traffic } from "./roof.ts";

export type Pass = "forward" | "backward-data" | "backward-filter" | "backward" | "training" | "inference";

/**
 * Which bar is set: convolutions of 16 channels or more, first layers (images of up to 4 channels), others with fewer
 * than 16 channels or filters in a group, and everything that memory may bound.
 */
export type Category = "convolution" | "first layer" | "few channels" | "memory";

export interface OpCase {
  readonly name: string;
  readonly pass: Pass;
  readonly category: Category;
  readonly program: Program;
  readonly operations: number;
  /** Operations of one instruction and lane: 2 where all are multiply-adds, else 1. */
  readonly operationsAtOnce: 1 | 2;
  /** Bytes that must be read and written at least. */
  readonly traffic: Traffic;
  /** Bytes of all that it reads or writes, once. */
  readonly footprint: number;
  /** What the variables that are read hold: numbers around 0, or small whole numbers below this. */
  readonly variables: readonly { readonly variable: Variable; readonly below?: number }[];
}

/** Collects what a program reads and writes. */
export class CaseBuilder {
  readonly #variables: { variable: Variable; below?: number }[] = [];
  readonly #updates: { variable: Variable; value: Value }[] = [];
  readonly #traffic = { read: 0, written: 0 };
  #footprint = 0;

  /** A tensor that the program reads; `times` says how often it must at least. */
  given(shape: readonly number[], { dtype = "float32", below, times = 1 }: GivenOptions = {}): Value {
    const variable: Variable = { name: `given${this.#variables.length}`, shape, dtype };
    this.#variables.push(below === undefined ? { variable } : { variable, below });
    this.#traffic.read += times * bytesOf(variable);
    this.#footprint += bytesOf(variable);
    return read(variable);
  }

  /** Keeps a result in a variable of its own. */
  result(value: Value): void {
    const variable: Variable = {
      name: `result${this.#updates.length}`,
      shape: value.shape,
      dtype: value.dtype,
    };
    this.#variables.push({ variable });
    this.#updates.push({ variable, value });
    this.#traffic.written += bytesOf(value);
    this.#footprint += bytesOf(value);
  }

  /** The program, simplified as models' programs are. */
  build(about: Pick<OpCase, "name" | "pass" | "category" | "operations" | "operationsAtOnce">): OpCase {
    const values = simplify(this.#updates.map(({ value }) => value));
    const updates = this.#updates.map(({ variable }, i) => ({ variable, value: values[i]! }));
    const program: Program = { inputs: {}, outputs: {}, updates };
    const [traffic, footprint] = [this.#traffic, this.#footprint];
    return { ...about, program, traffic, footprint, variables: this.#variables };
  }
}

interface GivenOptions {
  readonly dtype?: Variable["dtype"];
  readonly below?: number;
  readonly times?: number;
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function bytesOf({ shape, dtype }: Pick<Variable, "shape" | "dtype">): number {
  return elementsOf(shape) * (dtype === "float32" || dtype === "int32" ? 4 : 1);
}
