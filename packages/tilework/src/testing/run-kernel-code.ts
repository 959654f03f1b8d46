/**
 * A plain interpreter of kernel code over one piece of memory, bit for bit: what printers must agree with, and
 * what the emitter is tested with. It refuses accesses outside the memory's registered regions.
 */
import type {
  Address,
  IntegerStatement,
  KernelCode,
  MemoryType,
  Statement,
  VectorStatement,
} from "../codegen/kernel-code.ts";
import { isIntegerStatement } from "../codegen/kernel-code.ts";
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

type Computation = Exclude<VectorStatement, { op: "store" | "storeStrided" }>;

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
    switch (statement.op) {
      case "loop":
        this.#loop(statement);
        break;
      case "if": {
        const y = typeof statement.y === "number" ? statement.y : this.#integers[statement.y.register]!;
        const holds = integerTests[statement.compare](this.#integers[statement.x]!, y);
        this.run(holds ? statement.yes : statement.no);
        break;
      }
      case "store":
      case "storeStrided":
        this.#store(statement);
        break;
      default:
        if (isIntegerStatement(statement)) this.#stepInteger(statement);
        else this.#stepVector(statement);
    }
  }

  #loop({ count, counter, body }: Extract<Statement, { op: "loop" }>): void {
    const times = typeof count === "number" ? count : this.#integers[count.register]!;
    if (!(times >= (typeof count === "number" ? 1 : 0)))
      throw new InternalError(`a loop of ${times} iterations`);
    for (let at = 0; at < times; at++) {
      if (counter !== undefined) this.#integers[counter] = at;
      this.run(body);
    }
  }

  #stepInteger(statement: IntegerStatement): void {
    const value = this.#integerValue(statement);
    if (Number.isNaN(value)) throw new InternalError(`${statement.op} of a register that was never written`);
    this.#integers[statement.to] = value;
  }

  #integerValue(statement: IntegerStatement): number {
    const r = this.#integers;
    switch (statement.op) {
      case "argument":
        return (statement.slot + 1) * SPACE;
      case "begin":
        return this.#begin;
      case "end":
        return this.#end;
      case "integer":
        return statement.value;
      case "offset":
        return r[statement.from]! + statement.value;
      case "addIntegers":
        return r[statement.x]! + r[statement.y]!;
      case "scale":
        return r[statement.x]! * statement.value;
      case "divide":
        return Math.floor(r[statement.x]! / statement.value);
      case "remainder":
        return r[statement.x]! % statement.value;
      case "atMost":
        return Math.min(r[statement.x]!, statement.value);
      case "atLeast":
        return Math.max(r[statement.x]!, statement.value);
      case "loadInteger":
        return this.#read(this.#address(statement.address), "i32");
      default:
        return unreachable(statement);
    }
  }

  #store(statement: Extract<VectorStatement, { op: "store" | "storeStrided" }>): void {
    const at = this.#address(statement.address);
    const stride = statement.op === "store" ? bytes(statement.type) : statement.stride;
    for (let lane = 0; lane < statement.active; lane++)
      this.#write(at + lane * stride, statement.type, this.#vectors[statement.from]![lane]!);
  }

  #stepVector(statement: Computation): void {
    const value = this.#laneValue(statement);
    const result = Array.from({ length: this.#kernel.lanes }, (_, lane) => value(lane));
    this.#vectors[statement.to]!.set(result);
  }

  #laneValue(statement: Computation): (lane: number) => number {
    const v = this.#vectors;
    const type = (register: number): ScalarType => this.#kernel.vectors[register]!;
    switch (statement.op) {
      case "load":
      case "loadStrided": {
        const at = this.#address(statement.address);
        const stride = statement.op === "load" ? bytes(statement.type) : statement.stride;
        return (lane) => (lane < statement.active ? this.#read(at + lane * stride, statement.type) : 0);
      }
      case "splat": {
        const value = this.#read(this.#address(statement.address), statement.type);
        return () => value;
      }
      case "gather": {
        const at = this.#address(statement.address);
        const indices = v[statement.indices]!;
        const size = bytes(statement.type);
        return (lane) =>
          lane < statement.active ? this.#read(at + indices[lane]! * size, statement.type) : 0;
      }
      case "constant": {
        const { value } = statement;
        const round = statement.type === "f32" ? Math.fround : (x: number): number => x | 0;
        return (lane) => round(typeof value === "number" ? value : value[lane]!);
      }
      case "splatInteger":
        return () => this.#integers[statement.from]! | 0;
      case "move":
        return (lane) => v[statement.from]![lane]!;
      case "unary": {
        const apply = unaryFunction(statement.unary, type(statement.x));
        return (lane) => apply(v[statement.x]![lane]!);
      }
      case "binary": {
        const apply = binaryFunction(statement.binary, type(statement.x));
        const isShift = statement.binary.startsWith("sh");
        return (lane) => apply(v[statement.x]![lane]!, isShift ? statement.y : v[statement.y]![lane]!);
      }
      case "permute": {
        const { x, y, lanes } = statement;
        const elements = [...v[x]!, ...(y === undefined ? [] : v[y]!)];
        return (lane) => elements[lanes[lane]!]!;
      }
      case "fma": {
        const apply = this.#fused ? fusedMultiplyAdd : multiplyThenAdd;
        const [x, y, z] = [v[statement.x]!, v[statement.y]!, v[statement.z]!];
        return (lane) => apply(x[lane]!, y[lane]!, z[lane]!);
      }
      case "compare": {
        const apply = compares[statement.compare];
        return (lane) => apply(v[statement.x]![lane]!, v[statement.y]![lane]!);
      }
      case "select": {
        const { condition, yes, no } = statement;
        return (lane) => (v[condition]![lane] === 1 ? v[yes]![lane]! : v[no]![lane]!);
      }
      case "addWhere": {
        const [x, y, condition] = [v[statement.x]!, v[statement.y]!, v[statement.condition]!];
        return (lane) => (condition[lane] === 1 ? Math.fround(x[lane]! + y[lane]!) : x[lane]!);
      }
      case "keepNan": {
        const [x, from] = [v[statement.x]!, v[statement.from]!];
        return (lane) => (Number.isNaN(from[lane]!) ? from[lane]! : x[lane]!);
      }
      case "convert": {
        const apply = converts[statement.convert];
        return (lane) => apply(v[statement.x]![lane]!);
      }
      case "reduceLanes": {
        const values = statement.from.flatMap((register) => [...v[register]!]);
        for (let half = 8; half >= 1; half /= 2)
          for (let lane = 0; lane < half; lane++)
            values[lane] = folds[statement.reduce](values[lane]!, values[lane + half]!, type(statement.to));
        return () => values[0]!;
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
