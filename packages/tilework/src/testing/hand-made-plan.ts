/**
 * A small program whose plan and kernels are written by hand, so that a CPU runtime can be tested without the
 * compiler. One step over vectors of `size` elements:
 *
 *     h = weight + x;  weight = h with its groups of four in reverse order, + x;  outputs h
 *
 * Every stage reads what other tasks of the stage before wrote, so a stage that begins too early changes the result.
 */
import type { KernelCode, Statement } from "../codegen/kernel-code.ts";
import { printModule } from "../codegen/wasm/print-module.ts";
import type { Plan, PlannedBuffer } from "../compiler/plan.ts";
import type { ScheduledNest } from "../compiler/schedule.ts";
import { wasmTarget } from "../compiler/target.ts";
import { defineOp, type Op } from "../graph/define-op.ts";
import { input, type Program, read } from "../graph/program.ts";
import type { Value, Variable } from "../graph/value.ts";
import type { Toolchain } from "../runtime/cpu/program/toolchain.ts";

export interface HandMade {
  readonly program: Program;
  readonly weight: Variable;
  readonly toolchain: Toolchain;
  /** The same in plain loops: the outputs of the steps, and the weight after them. */
  simulate(
    start: Float32Array,
    inputs: readonly Float32Array[],
  ): { outputs: Float32Array[]; weight: Float32Array };
}

const mix: Op<[Value, Value], Record<string, never>> = defineOp({
  name: "mix",
  infer: ([x]) => [x!],
  reference: ([x]) => [x!.data],
});

/** `size` is a multiple of 4; `trap` puts a trap into the second stage. */
export function handMade(size: number, { trap = false }: { trap?: boolean } = {}): HandMade {
  const weight: Variable = { name: "weight", shape: [size], dtype: "float32" };
  const x = input("x", { shape: [size], dtype: "float32" });
  const h = mix(read(weight), x, {});
  const program: Program = {
    inputs: { x },
    outputs: { h },
    updates: [{ variable: weight, value: mix(h, x, {}) }],
  };
  const kernels = [addKernel(size), reverseAndAddKernel(size, trap)];
  const scheduled = kernels.map(scheduledStandIn);
  const toolchain: Toolchain = {
    *plan(compiled) {
      yield;
      return handMadePlan(size, compiled.updates[0]!.variable, scheduled);
    },
    verify: () => undefined,
    emit: (kernel) => kernels[scheduled.indexOf(kernel)]!,
    print: printModule,
  };
  return { program, weight, toolchain, simulate };
}

function simulate(start: Float32Array, inputs: readonly Float32Array[]): ReturnType<HandMade["simulate"]> {
  const weight = start.slice();
  const last = weight.length - 4;
  const outputs = inputs.map((x) => {
    const h = weight.map((element, i) => element + x[i]!);
    for (let i = 0; i < weight.length; i++) weight[i] = h[last - (i - (i % 4)) + (i % 4)]! + x[i]!;
    return h;
  });
  return { outputs, weight };
}

function handMadePlan(size: number, variable: Variable, kernels: readonly ScheduledNest[]): Plan {
  const bytes = size * 4;
  const arena = (name: string, offset: number): PlannedBuffer => ({
    buffer: { name, dtype: "float32", shape: [size] },
    bytes,
    placement: { region: "arena", offset },
  });
  const tasks = size / 4;
  const stage = (kernel: number, buffers: number[]): Plan["stages"][number] => ({
    tasks: Math.min(tasks, 13),
    launches: [{ kernel, buffers, tasks, name: "", origin: "" }],
  });
  return {
    kernels,
    buffers: [
      { ...arena("weight", 0), placement: { region: "variable", variable } },
      arena("x", 0),
      arena("h", Math.ceil(bytes / 64) * 64),
    ],
    stages: [stage(0, [0, 1, 2]), stage(1, [2, 1, 0])],
    preparations: 0,
    preparedBytes: 0,
    sliceBytes: 0,
    arenaBytes: 2 * Math.ceil(bytes / 64) * 64,
    inputs: { x: 1 },
    outputs: { h: 2 },
  };
}

/** A schedule's identity is all that this toolchain needs. */
function scheduledStandIn(kernel: KernelCode): ScheduledNest {
  return {
    nest: { name: kernel.name, buffers: [], axes: [], space: [], guards: [], levels: [], stores: [] },
    schedule: {
      vectorAxis: undefined,
      vectors: 1,
      rows: [],
      order: [],
      taskLoops: 0,
      outerReduction: 0,
      unroll: 1,
      streaming: false,
    },
    target: wasmTarget,
  };
}

/** Tasks of four elements; `from` makes the byte offset of the first operand out of the task in register 4. */
function kernelOfTasks(
  name: string,
  tables: readonly Int32Array[],
  from: readonly Statement[],
  trap: boolean,
): KernelCode {
  const at = (base: number, index: number) => ({ base, index, offset: 0 });
  const body: Statement[] = [
    { op: "integer", to: 12, value: trap ? -64 : 0 },
    { op: "addIntegers", to: 4, x: 0, y: 3 },
    { op: "scale", to: 5, x: 4, value: 16 },
    ...from,
    { op: "load", to: 0, address: at(7, 6), type: "f32", active: 4 },
    { op: "load", to: 1, address: trap ? { base: 12, offset: 0 } : at(8, 5), type: "f32", active: 4 },
    { op: "binary", binary: "add", to: 2, x: 0, y: 1 },
    { op: "store", from: 2, address: at(9, 5), type: "f32", active: 4 },
  ];
  return {
    name,
    lanes: 4,
    buffers: 3,
    tables,
    integers: 13,
    vectors: ["f32", "f32", "f32"],
    body: [
      { op: "begin", to: 0 },
      { op: "end", to: 1 },
      { op: "scale", to: 2, x: 0, value: -1 },
      { op: "addIntegers", to: 2, x: 1, y: 2 },
      { op: "argument", to: 7, slot: 0 },
      { op: "argument", to: 8, slot: 1 },
      { op: "argument", to: 9, slot: 2 },
      ...(tables.length > 0 ? [{ op: "argument", to: 10, slot: 3 } as const] : []),
      { op: "loop", counter: 3, count: { register: 2 }, body },
    ],
  };
}

function addKernel(size: number): KernelCode {
  return kernelOfTasks(`add${size}`, [], [{ op: "offset", to: 6, from: 5, value: 0 }], false);
}

function reverseAndAddKernel(size: number, trap: boolean): KernelCode {
  const table = Int32Array.from({ length: size / 4 }, (_, task) => (size / 4 - 1 - task) * 16);
  const from: Statement[] = [
    { op: "scale", to: 11, x: 4, value: 4 },
    { op: "loadInteger", to: 6, address: { base: 10, index: 11, offset: 0 } },
  ];
  return kernelOfTasks(`reverseAndAdd${size}`, [table], from, trap);
}
