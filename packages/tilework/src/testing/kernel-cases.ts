/**
 * Small hand-written kernels, at least one for each kind of statement, with what they must leave in memory. The
 * expected elements come from plain JavaScript arithmetic, not from any printer. Every CPU printer runs them all.
 */
import type { KernelCode, MemoryType, Statement, VectorType } from "../codegen/kernel-code.ts";
import type { KernelRun } from "./kernel-run.ts";

export type Elements = Float32Array | Int32Array | Uint8Array;
export type Lanes = KernelCode["lanes"];

/** `buffers` are the contents before the call. */
export interface KernelCase extends KernelRun {
  readonly title: string;
  /** Contents of the buffers afterwards. */
  readonly expected: readonly Elements[];
}

/** Wraps a body into kernel code; a register's type stands at its number. */
export function kernelOf(
  name: string,
  lanes: Lanes,
  parts: {
    readonly buffers: number;
    readonly integers: number;
    readonly vectors: readonly VectorType[];
    readonly body: readonly Statement[];
  },
): KernelCode {
  return { name, lanes, tables: [], ...parts };
}

export function memoryTypeOf(elements: Elements): MemoryType {
  if (elements instanceof Float32Array) return "f32";
  return elements instanceof Int32Array ? "i32" : "u8";
}

/** Elements repeated to a multiple of 16. */
export function padded<T extends Elements>(elements: T): T {
  const result = new (elements.constructor as new (length: number) => T)(
    Math.ceil(elements.length / 16) * 16,
  );
  for (let i = 0; i < result.length; i++) result[i] = elements[i % elements.length]!;
  return result;
}

/**
 * A case that loads each input into v0, v1, …, runs `body`, and stores `result`, over all elements. `expected`
 * gives an element of the output from the elements of the inputs.
 */
export function elementwiseCase(
  title: string,
  lanes: Lanes,
  inputs: readonly Elements[],
  parts: {
    readonly vectors: readonly VectorType[];
    readonly body: readonly Statement[];
    readonly result: number;
    readonly output: "f32" | "i32";
    readonly expected: (...elements: number[]) => number;
  },
): KernelCase {
  const data = inputs.map(padded);
  const size = data[0]!.length;
  const output = parts.output === "f32" ? new Float32Array(size) : new Int32Array(size);
  const step = 4 * lanes;
  const body: Statement[] = [
    ...[...data, output].map((_, slot) => ({ op: "argument", to: slot, slot }) as const),
    {
      op: "loop",
      count: size / lanes,
      body: [
        ...data.map((elements, at) => ({
          op: "load" as const,
          to: at,
          address: { base: at, offset: 0 },
          type: memoryTypeOf(elements),
          active: lanes,
        })),
        ...parts.body,
        {
          op: "store",
          from: parts.result,
          address: { base: data.length, offset: 0 },
          type: parts.output,
          active: lanes,
        },
        ...[...data, output].map((_, at) => ({ op: "offset", to: at, from: at, value: step }) as const),
      ],
    },
  ];
  const expected = output.map((_: number, i: number) =>
    parts.expected(...data.map((elements) => elements[i]!)),
  );
  return {
    title,
    kernel: kernelOf(title, lanes, {
      buffers: data.length + 1,
      integers: data.length + 1,
      vectors: [
        ...data.map((elements) => (elements instanceof Float32Array ? "f32" : "i32") as VectorType),
        ...parts.vectors,
      ],
      body,
    }),
    buffers: [...data, output],
    ranges: [[0, 1]],
    expected: [...data, expected],
  };
}
