/** One timed program: a pass of an operation over variables, so that steps need no data from outside. */
import { type Program, read, simplify, type Value, type Variable } from "tilework/internal";

export type Pass = "forward" | "backward-data" | "backward-filter" | "backward" | "training" | "inference";

/**
 * Which bar the issue sets: convolutions of 16 channels or more, first layers and others with few channels, and
 * everything that memory may bound.
 */
export type Category = "convolution" | "few channels" | "memory";

export interface OpCase {
  readonly name: string;
  readonly pass: Pass;
  readonly category: Category;
  readonly program: Program;
  readonly operations: number;
  /** Operations of one instruction and lane: 2 where all are multiply-adds, else 1. */
  readonly operationsAtOnce: 1 | 2;
  /** Bytes that must be read or written at least. */
  readonly bytes: number;
  /** What the variables that are read hold: numbers around 0, or small whole numbers below this. */
  readonly variables: readonly { readonly variable: Variable; readonly below?: number }[];
}

/** Collects what a program reads and writes. */
export class CaseBuilder {
  readonly #variables: { variable: Variable; below?: number }[] = [];
  readonly #updates: { variable: Variable; value: Value }[] = [];
  #bytes = 0;

  /** A tensor that the program reads; `times` says how often it must at least. */
  given(shape: readonly number[], { dtype = "float32", below, times = 1 }: GivenOptions = {}): Value {
    const variable: Variable = { name: `given${this.#variables.length}`, shape, dtype };
    this.#variables.push(below === undefined ? { variable } : { variable, below });
    this.#bytes += times * bytesOf(variable);
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
    this.#bytes += bytesOf(value);
  }

  /** The program, simplified as models' programs are. */
  build(about: Pick<OpCase, "name" | "pass" | "category" | "operations" | "operationsAtOnce">): OpCase {
    const values = simplify(this.#updates.map(({ value }) => value));
    const updates = this.#updates.map(({ variable }, i) => ({ variable, value: values[i]! }));
    const program: Program = { inputs: {}, outputs: {}, updates };
    return { ...about, program, bytes: this.#bytes, variables: this.#variables };
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
