/**
 * Kernel code that measures a processor: multiply-adds whose operands stay in registers or the first cache, and
 * copies. The library's own printers make it machine code or WebAssembly.
 */
import type { KernelCode, Statement } from "tilework/internal";

export type Lanes = KernelCode["lanes"];

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** One pass of a burst kernel: how many floating-point operations one task does. */
export interface BurstKernel {
  readonly code: KernelCode;
  readonly operationsPerTask: number;
}

const burstSteps = 512;

/**
 * Multiply-adds on `accumulators` registers, all operands in registers. Each adds 1 to itself, so that no value ever
 * becomes denormal.
 */
export function registerBurst(lanes: Lanes, accumulators: number): BurstKernel {
  const [begin, end, tasks, output] = [0, 1, 2, 3];
  const one = accumulators;
  const code: KernelCode = {
    name: `burst of ${accumulators} registers`,
    lanes,
    buffers: 1,
    tables: [],
    integers: 4,
    vectors: new Array(accumulators + 1).fill("f32"),
    body: [
      { op: "argument", to: output, slot: 0 },
      ...taskCount(begin, end, tasks),
      { op: "constant", to: one, type: "f32", value: 1 },
      ...numbers(accumulators).map((to): Statement => ({ op: "constant", to, type: "f32", value: to })),
      {
        op: "loop",
        count: { register: tasks },
        body: [
          {
            op: "loop",
            count: burstSteps,
            body: numbers(accumulators).map((to): Statement => ({ op: "fma", to, x: one, y: one, z: to })),
          },
        ],
      },
      ...storeAll(accumulators, output, lanes),
    ],
  };
  return { code, operationsPerTask: 2 * burstSteps * accumulators * lanes };
}

/**
 * A matrix product of `rows` x (`vectors` registers) whose operands, 12 KB at most, stay in the first cache: each
 * step reads a row of one operand and one element for each row of the other.
 */
export function cacheBurst(lanes: Lanes, rows: number, vectors: number): BurstKernel {
  const steps = 128;
  const [input, weights, output, a, b, begin, end, tasks] = [0, 1, 2, 3, 4, 5, 6, 7];
  const accumulators = rows * vectors;
  const element = accumulators + vectors;
  const rowBytes = 4 * steps;
  const code: KernelCode = {
    name: `burst ${rows}x${vectors * lanes}`,
    lanes,
    buffers: 3,
    tables: [],
    integers: 8,
    vectors: new Array(element + 1).fill("f32"),
    body: [
      { op: "argument", to: input, slot: 0 },
      { op: "argument", to: weights, slot: 1 },
      { op: "argument", to: output, slot: 2 },
      ...taskCount(begin, end, tasks),
      ...numbers(accumulators).map((to): Statement => ({ op: "constant", to, type: "f32", value: 0 })),
      {
        op: "loop",
        count: { register: tasks },
        body: [
          { op: "offset", to: a, from: input, value: 0 },
          { op: "offset", to: b, from: weights, value: 0 },
          {
            op: "loop",
            count: steps,
            body: [
              ...numbers(vectors).map((at): Statement => {
                const address = { base: b, offset: 4 * lanes * at };
                return { op: "load", to: accumulators + at, address, type: "f32", active: lanes };
              }),
              ...numbers(rows).flatMap((row): Statement[] => [
                { op: "splat", to: element, address: { base: a, offset: rowBytes * row }, type: "f32" },
                ...numbers(vectors).map((at): Statement => {
                  const to = row * vectors + at;
                  return { op: "fma", to, x: element, y: accumulators + at, z: to };
                }),
              ]),
              { op: "offset", to: a, from: a, value: 4 },
              { op: "offset", to: b, from: b, value: 4 * lanes * vectors },
            ],
          },
        ],
      },
      ...storeAll(accumulators, output, lanes),
    ],
  };
  return { code, operationsPerTask: 2 * steps * accumulators * lanes };
}

/** Kernels that stream through memory run in whole blocks of this many bytes of each buffer. */
export const streamBlockBytes = 2048;

/** What a streaming kernel does with each element: copy buffer 0 to 1, read buffer 0, fill buffer 1. */
export type StreamKind = "copy" | "read" | "fill";

/**
 * What streams write, unlike zeros: a server of AMD's writes whole lines of zeros past the caches two to three times as
 * fast as others, which no operation could reach whose results are numbers.
 */
const written = 1;

/** Each task once over the buffers; buffer 2 holds the number of blocks as a 32-bit integer, and reading ends there. */
export function streamKernel(kind: StreamKind, lanes: Lanes, streaming: boolean): KernelCode {
  const [source, target, from, to, begin, end, tasks, blocks, size] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const vectorBytes = 4 * lanes;
  const unroll = 8;
  const [reads, writes] = [kind !== "fill", kind !== "read"];
  const each = (step: (register: number, offset: number) => Statement): Statement[] =>
    numbers(unroll).map((register) => step(register, register * vectorBytes));
  const load = (to: number, offset: number): Statement => {
    return { op: "load", to, address: { base: from, offset }, type: "f32", active: lanes };
  };
  const sums = (register: number): number => unroll + register;
  return {
    name: streaming ? `streaming ${kind}` : kind,
    lanes,
    buffers: 3,
    tables: [],
    integers: 9,
    vectors: new Array(2 * unroll).fill("f32"),
    body: [
      { op: "argument", to: source, slot: 0 },
      { op: "argument", to: target, slot: 1 },
      { op: "argument", to: size, slot: 2 },
      { op: "loadInteger", to: blocks, address: { base: size, offset: 0 } },
      ...taskCount(begin, end, tasks),
      ...numbers(2 * unroll).map((to): Statement => ({ op: "constant", to, type: "f32", value: written })),
      {
        op: "loop",
        count: { register: tasks },
        body: [
          { op: "offset", to: from, from: source, value: 0 },
          { op: "offset", to: to, from: target, value: 0 },
          {
            op: "loop",
            count: { register: blocks },
            body: [
              {
                op: "loop",
                count: streamBlockBytes / (unroll * vectorBytes),
                body: [
                  ...(reads ? each(load) : []),
                  ...(writes
                    ? each((from, offset) => {
                        const address = { base: to, offset };
                        return { op: "store", from, address, type: "f32", active: lanes, streaming };
                      })
                    : each((register) => {
                        const to = sums(register);
                        return { op: "binary", binary: "add", to, x: to, y: register };
                      })),
                  { op: "offset", to: from, from, value: unroll * vectorBytes },
                  { op: "offset", to, from: to, value: unroll * vectorBytes },
                ],
              },
            ],
          },
        ],
      },
      ...(writes
        ? []
        : numbers(unroll).map((register): Statement => {
            const address = { base: size, offset: streamBlockBytes + vectorBytes * register };
            return { op: "store", from: sums(register), address, type: "f32", active: lanes };
          })),
    ],
  };
}

function taskCount(begin: number, end: number, tasks: number): Statement[] {
  return [
    { op: "begin", to: begin },
    { op: "end", to: end },
    { op: "scale", to: tasks, x: begin, value: -1 },
    { op: "addIntegers", to: tasks, x: tasks, y: end },
  ];
}

/** Without a use of the accumulators an engine may leave the work out. */
function storeAll(accumulators: number, output: number, lanes: Lanes): Statement[] {
  return numbers(accumulators).map((from): Statement => {
    return {
      op: "store",
      from,
      address: { base: output, offset: 4 * lanes * from },
      type: "f32",
      active: lanes,
    };
  });
}
