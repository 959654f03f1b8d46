/** Nests with inputs and expected results: what interpreters and printers of nests are tried on. */
import type { Elements } from "../kernel/interpret.ts";
import { type Buffer, type Nest, storageOf } from "../kernel/nest.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

export interface NestCase {
  readonly name: string;
  /** Run in this order. */
  readonly nests: readonly Nest[];
  /** Contents of the buffers that are read first. */
  readonly inputs: ReadonlyMap<Buffer, Elements>;
  /** Contents afterwards, from plain loops in float64. */
  readonly expected: ReadonlyMap<Buffer, ArrayLike<number>>;
}

export function tensor(name: string, shape: Shape, dtype: Dtype = "float32"): Buffer {
  return { name, dtype, shape };
}

/** Elements for a buffer, all of them `value`. */
export function elementsOf(buffer: Buffer, value = 0): Elements {
  const length = sizeOf(buffer.shape);
  if (buffer.dtype === "float32") return new Float32Array(length).fill(value);
  return buffer.dtype === "int32" ? new Int32Array(length).fill(value) : new Uint8Array(length).fill(value);
}

/** Memory for all of a case's buffers: copies of the inputs, and what is not read yet filled with rubbish. */
export function memoryOf({ nests, inputs }: NestCase): Map<Buffer, Elements> {
  const memory = new Map<Buffer, Elements>();
  for (const buffer of nests.flatMap((nest) => nest.buffers.map(storageOf)))
    memory.set(buffer, inputs.get(buffer)?.slice() ?? elementsOf(buffer, rubbish[buffer.dtype]));
  return memory;
}

const rubbish: Readonly<Record<Dtype, number>> = {
  float32: Number.NaN,
  int32: -123456789,
  uint8: 173,
  bool: 173,
};

/** Multiples of 1/1024 in [-1, 1), without pattern and the same in every run. */
export function someFloats(shape: Shape, seed = 1): Float32Array {
  return Float32Array.from(someIntegers(shape, 2048, seed), (value) => value / 1024 - 1);
}

/** Integers in [0, below). */
export function someIntegers(shape: Shape, below: number, seed = 1): Int32Array {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return new Int32Array(sizeOf(shape)).map(() => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >>> 12) % below;
  });
}

/** Calls `visit` with every index of a shape and its place in row-major order. */
export function forEachIndex(shape: Shape, visit: (index: number[], at: number) => void): void {
  const count = sizeOf(shape);
  for (let at = 0; at < count; at++) {
    const index = new Array<number>(shape.length);
    let rest = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    visit(index, at);
  }
}

/** The expected contents of a buffer, element by element. */
export function expectedOf(shape: Shape, element: (...index: number[]) => number): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  forEachIndex(shape, (index, at) => {
    result[at] = element(...index);
  });
  return result;
}

/** Reads an element by index; outside the shape it is 0. */
export function reader(elements: ArrayLike<number>, shape: Shape): (...index: number[]) => number {
  return (...index) => {
    let at = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      if (index[axis]! < 0 || index[axis]! >= shape[axis]!) return 0;
      at = at * shape[axis]! + index[axis]!;
    }
    return elements[at]!;
  };
}
