/**
 * Random kernel code for differential tests between printers: nested loops and branches over many registers of
 * all kinds, so that register allocation meets pressure, loop-carried values and partial writes. Everything is
 * done lane by lane, so that the first lanes agree for any vector width. Registers lie 64 bytes apart in buffer 0
 * (inputs) and buffer 1 (results).
 */
import type { KernelCode, Statement, VectorType } from "../codegen/kernel-code.ts";
import type { Lanes } from "./kernel-cases.ts";

export interface RandomKernelShape {
  readonly floats: number;
  readonly words: number;
  readonly masks: number;
  readonly integers: number;
  readonly statements: number;
}

/** Multiplicative congruential generator (Park and Miller, 1988). */
export function randomSource(seed: number): (below: number) => number {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

export const registerStride = 64;

export function inputsOf({ floats, words }: RandomKernelShape): Float32Array {
  const data = new Float32Array((floats + words) * 16);
  const bits = new Int32Array(data.buffer);
  for (let i = 0; i < data.length; i++) {
    if (i < floats * 16) data[i] = ((i * 7919) % 211) / 16 - 6;
    else bits[i] = Math.imul(i, 40503) % 1000;
  }
  return data;
}

export function randomKernel(seed: number, lanes: Lanes, shape: RandomKernelShape): KernelCode {
  const { floats, words, masks, integers } = shape;
  const writer = new RandomWriter(randomSource(seed), lanes, shape);
  const vectors: VectorType[] = [
    ...new Array<VectorType>(floats).fill("f32"),
    ...new Array<VectorType>(words).fill("i32"),
    ...new Array<VectorType>(masks).fill("mask"),
    "f32",
    "i32",
  ];
  const body = [...writer.start(), ...writer.block(shape.statements, 0), ...writer.finish()];
  return { name: `random ${seed}`, lanes, buffers: 2, tables: [], integers: integers + 8, vectors, body };
}

class RandomWriter {
  readonly #random: (below: number) => number;
  readonly #lanes: Lanes;
  readonly #shape: RandomKernelShape;

  constructor(random: (below: number) => number, lanes: Lanes, shape: RandomKernelShape) {
    this.#random = random;
    this.#lanes = lanes;
    this.#shape = shape;
  }

  get #input(): number {
    return this.#shape.integers;
  }

  get #output(): number {
    return this.#shape.integers + 1;
  }

  /** Registers for the counters of loops, by depth; bodies may read but not write them. */
  #counter(depth: number): number {
    return this.#shape.integers + 2 + depth;
  }

  #float(): number {
    return this.#random(this.#shape.floats);
  }

  #word(): number {
    return this.#shape.floats + this.#random(this.#shape.words);
  }

  #mask(): number {
    return this.#shape.floats + this.#shape.words + this.#random(this.#shape.masks);
  }

  #integer(): number {
    return this.#random(this.#shape.integers);
  }

  get #temporaryFloat(): number {
    return this.#shape.floats + this.#shape.words + this.#shape.masks;
  }

  start(): Statement[] {
    const { floats, words, masks, integers } = this.#shape;
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
    return [
      { op: "argument", to: this.#input, slot: 0 },
      { op: "argument", to: this.#output, slot: 1 },
      ...numbers(integers).map((to): Statement => ({ op: "integer", to, value: to + 1 })),
      ...numbers(6).map((depth): Statement => ({ op: "integer", to: this.#counter(depth), value: depth })),
      ...numbers(floats + words).map((to): Statement => this.#load(to, to)),
      ...numbers(masks).map((at): Statement => {
        const to = floats + words + at;
        return { op: "compare", compare: "lt", type: "f32", to, x: at % floats, y: (at + 1) % floats };
      }),
    ];
  }

  finish(): Statement[] {
    const { floats, words, masks, integers } = this.#shape;
    const statements: Statement[] = [];
    for (let at = 0; at < floats + words; at++) statements.push(this.#store(at, at));
    const [truth, fiction] = [this.#temporaryFloat, 0];
    for (let at = 0; at < masks; at++)
      statements.push(
        { op: "constant", to: truth, type: "f32", value: 1 },
        { op: "constant", to: fiction, type: "f32", value: 0 },
        { op: "select", condition: floats + words + at, yes: truth, no: fiction, to: truth },
        this.#store(truth, floats + words + at),
      );
    for (let at = 0; at < integers; at++)
      statements.push(
        { op: "splatInteger", to: truth + 1, from: at },
        this.#store(truth + 1, floats + words + masks + at),
      );
    return statements;
  }

  block(count: number, depth: number): Statement[] {
    const statements: Statement[] = [];
    for (let at = 0; at < count; at++) statements.push(...this.#statement(depth, count));
    return statements;
  }

  #statement(depth: number, count: number): Statement[] {
    const kind = this.#random(40);
    if (kind === 0 && depth < 4) return [this.#loop(depth, count)];
    if (kind === 1 && depth < 4) return [this.#branch(depth, count)];
    if (kind < 9) return this.#integerArithmetic();
    if (kind < 14) return this.#maskArithmetic();
    if (kind < 20) return this.#loadAndUse();
    if (kind < 29) return [this.#wordArithmetic()];
    return [this.#floatArithmetic()];
  }

  #loop(depth: number, count: number): Statement {
    const body = this.block(Math.ceil(count / 3), depth + 1);
    const counter = this.#random(2) === 0 ? { counter: this.#counter(depth) } : {};
    if (this.#random(2) === 0) return { op: "loop", ...counter, count: 1 + this.#random(3), body };
    return { op: "loop", ...counter, count: { register: this.#counter(4 + this.#random(2)) }, body };
  }

  #branch(depth: number, count: number): Statement {
    const y = this.#random(2) === 0 ? this.#random(9) : { register: this.#integer() };
    const compare = (["lt", "ge", "eq", "ne"] as const)[this.#random(4)]!;
    const [yes, no] = [this.block(Math.ceil(count / 4), depth + 1), this.block(this.#random(3), depth + 1)];
    const x = this.#random(2) === 0 ? this.#integer() : this.#counter(this.#random(6));
    return { op: "if", x, compare, y, yes, no };
  }

  /** Results stay between 0 and 996. */
  #integerArithmetic(): Statement[] {
    const [to, x, y] = [this.#integer(), this.#integer(), this.#integer()];
    const value = 1 + this.#random(50);
    const counter = this.#counter(this.#random(6));
    const choices: Statement[] = [
      { op: "addIntegers", to, x, y },
      { op: "addIntegers", to, x, y: counter },
      { op: "offset", to, from: x, value },
      { op: "scale", to, x, value },
      { op: "divide", to, x, value },
      { op: "remainder", to, x, value },
      { op: "atMost", to, x, value },
      { op: "atLeast", to, x, value },
    ];
    return [choices[this.#random(choices.length)]!, { op: "remainder", to, x: to, value: 997 }];
  }

  #maskArithmetic(): Statement[] {
    const [to, x, y] = [this.#mask(), this.#mask(), this.#mask()];
    const compare = (["lt", "le", "eq", "ne", "gt", "ge"] as const)[this.#random(6)]!;
    const choices: Statement[] = [
      { op: "compare", compare, type: "f32", to, x: this.#float(), y: this.#float() },
      { op: "compare", compare, type: "i32", to, x: this.#word(), y: this.#word() },
      { op: "binary", binary: (["and", "or", "xor"] as const)[this.#random(3)]!, to, x, y },
      { op: "unary", unary: "not", to, x },
      { op: "move", to, from: x },
      { op: "select", condition: x, yes: y, no: this.#mask(), to },
      { op: "select", condition: x, yes: this.#float(), no: this.#float(), to: this.#float() },
      { op: "select", condition: x, yes: this.#word(), no: this.#word(), to: this.#word() },
    ];
    return [choices[this.#random(choices.length)]!];
  }

  #wordArithmetic(): Statement {
    const [to, x, y] = [this.#word(), this.#word(), this.#word()];
    const operations = ["add", "sub", "mul", "min", "max", "and", "or", "xor"] as const;
    const choices: Statement[] = [
      { op: "binary", binary: operations[this.#random(operations.length)]!, to, x, y },
      {
        op: "binary",
        binary: (["shl", "shrU", "shrS"] as const)[this.#random(3)]!,
        to,
        x,
        y: this.#random(32),
      },
      { op: "unary", unary: (["neg", "abs", "not"] as const)[this.#random(3)]!, to, x },
      { op: "convert", convert: "i32FromF32", to, x: this.#float() },
      { op: "splatInteger", to, from: this.#integer() },
      { op: "constant", to, type: "i32", value: this.#random(1000) },
      { op: "move", to, from: x },
    ];
    return choices[this.#random(choices.length)]!;
  }

  #floatArithmetic(): Statement {
    const [to, x, y, z] = [this.#float(), this.#float(), this.#float(), this.#float()];
    const operations = ["add", "sub", "mul", "div", "min", "max"] as const;
    const choices: Statement[] = [
      { op: "fma", to: z, x, y, z },
      { op: "fma", to, x, y, z },
      { op: "binary", binary: operations[this.#random(operations.length)]!, to, x, y },
      { op: "unary", unary: (["neg", "abs", "floor", "roundEven"] as const)[this.#random(4)]!, to, x },
      { op: "convert", convert: "f32FromI32", to, x: this.#word() },
      { op: "keepNan", to, x, from: y },
      { op: "keepNan", to, x: to, from: x },
      { op: "addWhere", to, x, y, condition: this.#mask() },
      { op: "addWhere", to, x: to, y, condition: this.#mask() },
      { op: "constant", to, type: "f32", value: this.#random(100) / 8 },
      { op: "move", to, from: x },
    ];
    return choices[this.#random(choices.length)]!;
  }

  /** A value from memory that one statement reads, sometimes with a store or an address's change in between. */
  #loadAndUse(): Statement[] {
    const [from, to, y] = [this.#random(this.#shape.floats), this.#float(), this.#float()];
    const temporary = this.#temporaryFloat;
    const load: Statement =
      this.#random(2) === 0
        ? this.#load(temporary, from)
        : {
            op: "splat",
            to: temporary,
            address: { base: this.#input, offset: registerStride * from },
            type: "f32",
          };
    const between: Statement[] = [
      [],
      [],
      [
        {
          op: "store",
          from: y,
          address: { base: this.#input, offset: registerStride * from },
          type: "f32",
          active: this.#lanes,
        } as const,
      ],
    ][this.#random(3)]!;
    const uses: Statement[] = [
      { op: "fma", to, x: temporary, y, z: to },
      { op: "fma", to, x: y, y: temporary, z: this.#float() },
      {
        op: "binary",
        binary: (["add", "sub", "mul", "max", "min"] as const)[this.#random(5)]!,
        to,
        x: temporary,
        y,
      },
      {
        op: "binary",
        binary: (["add", "sub", "mul", "max", "min"] as const)[this.#random(5)]!,
        to,
        x: y,
        y: temporary,
      },
      { op: "binary", binary: "add", to, x: temporary, y: temporary },
    ];
    return [load, ...between, uses[this.#random(uses.length)]!];
  }

  #load(to: number, from: number): Statement {
    const type = to >= this.#shape.floats && to < this.#temporaryFloat ? "i32" : "f32";
    const address = { base: this.#input, offset: registerStride * from };
    return { op: "load", to, address, type, active: this.#lanes };
  }

  #store(from: number, to: number): Statement {
    const type = from >= this.#shape.floats && from !== this.#temporaryFloat ? "i32" : "f32";
    const address = { base: this.#output, offset: registerStride * to };
    return { op: "store", from, address, type, active: this.#lanes };
  }
}
