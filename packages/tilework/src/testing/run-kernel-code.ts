/**
 * A plain interpreter of kernel code over one piece of memory, bit for bit: what printers must agree with, and
 * what the emitter is tested with. It refuses accesses outside the memory's registered regions.
 */
import type { Address, KernelCode, MemoryType, Statement, VectorStatement } from "../codegen/kernel-code.ts";
import { binaryFunction, compares, converts, unaryFunction } from "../kernel/evaluate-expression.ts";
import type { ScalarType } from "../kernel/expression.ts";
import { fusedMultiplyAdd, multiplyThenAdd } from "../kernel/fused-multiply-add.ts";
import type { Elements } from "../kernel/interpret.ts";
import { InternalError, unreachable } from "../util/errors.ts";

export interface RunOptions {
  readonly begin: number;
  readonly end: number;
  readonly fused?: boolean;
}

/** Runs a kernel over tasks [begin, end); `buffers` are the argument slots' contents, changed in place. */
export function runKernelCode(
  kernel: KernelCode,
  buffers: readonly Elements[],
  { begin, end, fused = true }: RunOptions,
): void {
  new Machine(kernel, buffers, begin, end, fused).run(kernel.body);
}

/** Addresses are slot · SPACE + byte offset, so that an access that leaves its buffer is found out. */
const SPACE = 2 ** 32;

class Machine {
  readonly #kernel: KernelCode;
  readonly #regions: readonly Elements[];
  readonly #begin: number;
  readonly #end: number;
  readonly #fused: boolean;
  readonly #integers: Float64Array;
  readonly #vectors: Float64Array[];

  constructor(kernel: KernelCode, buffers: readonly Elements[], begin: number, end: number, fused: boolean) {
    this.#kernel = kernel;
    this.#regions = [...buffers, ...kernel.tables];
    this.#begin = begin;
    this.#end = end;
    this.#fused = fused;
    this.#integers = new Float64Array(kernel.integers).fill(Number.NaN);
    this.#vectors = kernel.vectors.map(() => new Float64Array(kernel.lanes).fill(12345.678));
  }

  run(statements: readonly Statement[]): void {
    for (const statement of statements) this.#step(statement);
  }

  #step(statement: Statement): void {
    const r = this.#integers;
    const set = (to: number, value: number): void => {
      if (Number.isNaN(value)) throw new InternalError(`integer register ${to}: operand was never written`);
      r[to] = value;
    };
    switch (statement.op) {
      case "argument":
        return set(statement.to, (statement.slot + 1) * SPACE);
      case "begin":
        return set(statement.to, this.#begin);
      case "end":
        return set(statement.to, this.#end);
      case "integer":
        return set(statement.to, statement.value);
      case "offset":
        return set(statement.to, r[statement.from]! + statement.value);
      case "addIntegers":
        return set(statement.to, r[statement.x]! + r[statement.y]!);
      case "scale":
        return set(statement.to, r[statement.x]! * statement.value);
      case "divide":
        return set(statement.to, Math.floor(r[statement.x]! / statement.value));
      case "remainder":
        return set(statement.to, r[statement.x]! % statement.value);
      case "atMost":
        return set(statement.to, Math.min(r[statement.x]!, statement.value));
      case "atLeast":
        return set(statement.to, Math.max(r[statement.x]!, statement.value));
      case "loadInteger":
        return set(statement.to, this.#read(this.#address(statement.address), "i32"));
      case "loop": {
        const { count, counter, body } = statement;
        const times = typeof count === "number" ? count : r[count.register]!;
        if (!(times >= (typeof count === "number" ? 1 : 0)))
          throw new InternalError(`a loop of ${times} iterations`);
        for (let at = 0; at < times; at++) {
          if (counter !== undefined) r[counter] = at;
          this.run(body);
        }
        return;
      }
      case "if": {
        const y = typeof statement.y === "number" ? statement.y : r[statement.y.register]!;
        const x = r[statement.x]!;
        return this.run(integerTests[statement.compare](x, y) ? statement.yes : statement.no);
      }
      default:
        return this.#stepVector(statement);
    }
  }

  #stepVector(statement: VectorStatement): void {
    const v = this.#vectors;
    const { lanes } = this.#kernel;
    const each = (to: number, value: (lane: number) => number): void => {
      const result = Array.from({ length: lanes }, (_, lane) => value(lane));
      v[to]!.set(result);
    };
    const type = (register: number): ScalarType => this.#kernel.vectors[register]!;
    switch (statement.op) {
      case "load":
      case "loadStrided": {
        const at = this.#address(statement.address);
        const stride = statement.op === "load" ? bytes(statement.type) : statement.stride;
        return each(statement.to, (lane) =>
          lane < statement.active ? this.#read(at + lane * stride, statement.type) : 0,
        );
      }
      case "splat": {
        const value = this.#read(this.#address(statement.address), statement.type);
        return each(statement.to, () => value);
      }
      case "gather": {
        const at = this.#address(statement.address);
        const indices = v[statement.indices]!;
        return each(statement.to, (lane) =>
          lane < statement.active
            ? this.#read(at + indices[lane]! * bytes(statement.type), statement.type)
            : 0,
        );
      }
      case "store":
      case "storeStrided": {
        const at = this.#address(statement.address);
        const stride = statement.op === "store" ? bytes(statement.type) : statement.stride;
        for (let lane = 0; lane < statement.active; lane++)
          this.#write(at + lane * stride, statement.type, v[statement.from]![lane]!);
        return;
      }
      case "constant": {
        const { value } = statement;
        return each(statement.to, (lane) => {
          const own = typeof value === "number" ? value : value[lane]!;
          return statement.type === "f32" ? Math.fround(own) : own | 0;
        });
      }
      case "splatInteger":
        return each(statement.to, () => this.#integers[statement.from]! | 0);
      case "move":
        return each(statement.to, (lane) => v[statement.from]![lane]!);
      case "unary": {
        const apply = unaryFunction(statement.unary, type(statement.x));
        return each(statement.to, (lane) => apply(v[statement.x]![lane]!));
      }
      case "binary": {
        const apply = binaryFunction(statement.binary, type(statement.x));
        const isShift = statement.binary.startsWith("sh");
        return each(statement.to, (lane) =>
          apply(v[statement.x]![lane]!, isShift ? statement.y : v[statement.y]![lane]!),
        );
      }
      case "fma": {
        const apply = this.#fused ? fusedMultiplyAdd : multiplyThenAdd;
        const [x, y, z] = [v[statement.x]!, v[statement.y]!, v[statement.z]!];
        return each(statement.to, (lane) => apply(x[lane]!, y[lane]!, z[lane]!));
      }
      case "compare": {
        const apply = compares[statement.compare];
        return each(statement.to, (lane) => apply(v[statement.x]![lane]!, v[statement.y]![lane]!));
      }
      case "select": {
        const { condition, yes, no } = statement;
        return each(statement.to, (lane) => (v[condition]![lane] === 1 ? v[yes]![lane]! : v[no]![lane]!));
      }
      case "convert": {
        const apply = converts[statement.convert];
        return each(statement.to, (lane) => apply(v[statement.x]![lane]!));
      }
      case "reduceLanes": {
        const values = statement.from.flatMap((register) => [...v[register]!]);
        for (let half = 8; half >= 1; half /= 2)
          for (let lane = 0; lane < half; lane++)
            values[lane] = folds[statement.reduce](values[lane]!, values[lane + half]!, type(statement.to));
        return each(statement.to, () => values[0]!);
      }
      default:
        return unreachable(statement);
    }
  }

  #address({ base, index, offset }: Address): number {
    if (offset < 0) throw new InternalError(`a negative offset, ${offset}`);
    return this.#integers[base]! + (index === undefined ? 0 : this.#integers[index]!) + offset;
  }

  #element(address: number, type: MemoryType): { region: Elements; at: number } {
    const slot = Math.round(address / SPACE) - 1;
    const region = this.#regions[slot];
    const at = (address - (slot + 1) * SPACE) / bytes(type);
    if (region === undefined || !(at >= 0 && at < region.length) || !Number.isInteger(at))
      throw new InternalError(`${this.#kernel.name}: access at element ${at} of argument ${slot}`);
    return { region, at };
  }

  #read(address: number, type: MemoryType): number {
    const { region, at } = this.#element(address, type);
    return region[at]!;
  }

  #write(address: number, type: MemoryType, value: number): void {
    const { region, at } = this.#element(address, type);
    region[at] = value;
  }
}

function bytes(type: MemoryType): number {
  return type === "u8" ? 1 : 4;
}

const integerTests: Record<"lt" | "ge" | "eq" | "ne", (x: number, y: number) => boolean> = {
  lt: (x, y) => x < y,
  ge: (x, y) => x >= y,
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
};

const folds: Record<"add" | "max" | "min", (x: number, y: number, type: ScalarType) => number> = {
  add: (x, y, type) => (type === "f32" ? Math.fround(x + y) : (x + y) | 0),
  max: (x, y) => (Number.isNaN(x) ? x : y > x || Number.isNaN(y) ? y : x),
  min: (x, y) => (Number.isNaN(x) ? x : y < x || Number.isNaN(y) ? y : x),
};
