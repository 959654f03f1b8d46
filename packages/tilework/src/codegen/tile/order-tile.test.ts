import { describe, expect, test } from "vitest";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { avx512Target } from "../../compiler/target.ts";
import { add, f32, max, mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, constantIndex } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { runKernelCode } from "../../testing/run-kernel-code.ts";
import { canRunX64, runX64Kernels } from "../../testing/run-x64-kernels.ts";
import type { KernelCode, Statement } from "../kernel-code.ts";
import { emitKernel } from "./emit-kernel.ts";

const [size, channels, taps] = [7, 16, 3];

/** A depthwise convolution of an image with borders; `isLate`: with bias and ReLU. */
function depthwise(isLate: boolean): Nest {
  const nest = new NestBuilder("depthwise");
  const [i, j] = [nest.space("i", size), nest.space("j", size)];
  const channel = axisIndex(nest.space("channel", channels));
  const [r, s] = [nest.reduction("r", taps), nest.reduction("s", taps)];
  const pixel = [
    addIndex(axisIndex(i), axisIndex(r), constantIndex(-1)),
    addIndex(axisIndex(j), axisIndex(s), constantIndex(-1)),
  ];
  for (const index of pixel) nest.guard(index, size);
  const x = { name: "x", dtype: "float32", shape: [size, size, channels] } as const;
  const kernel = { name: "kernel", dtype: "float32", shape: [taps, taps, channels] } as const;
  const y = { name: "y", dtype: "float32", shape: [size, size, channels] } as const;
  const bias = { name: "bias", dtype: "float32", shape: [channels] } as const;
  const weight = nest.load(kernel, [axisIndex(r), axisIndex(s), channel]);
  const [sum] = nest.reduce([{ op: "add", value: mul(nest.load(x, [...pixel, channel]), weight) }]);
  const late = isLate ? max(add(sum!, nest.load(bias, [channel])), f32(0)) : sum!;
  nest.store(y, [axisIndex(i), axisIndex(j), channel], late);
  return nest.build();
}

/** The whole image as one tile, or one result after the other. */
function emit(nest: Nest, isTile: boolean): KernelCode {
  const rows = isTile ? [0, 1].map((axis) => ({ axis, count: size })) : [];
  const schedule = {
    ...scheduleNest(nest, avx512Target),
    rows,
    vectors: 1,
    unroll: taps * taps,
    taskLoops: 1,
  };
  return emitKernel({ nest, schedule, target: avx512Target });
}

function count(statements: readonly Statement[], op: Statement["op"]): number {
  return statements.reduce((sum, statement) => {
    if (statement.op === "loop") return sum + count(statement.body, op);
    if (statement.op === "if") return sum + count(statement.yes, op) + count(statement.no, op);
    return sum + (statement.op === op ? 1 : 0);
  }, 0);
}

function buffersOf(nest: Nest): Float32Array<ArrayBuffer>[] {
  return nest.buffers.map(({ shape }, buffer) =>
    Float32Array.from({ length: sizeOf(shape) }, (_, at) => Math.fround(Math.sin(at * 7 + buffer))),
  );
}

function run(nest: Nest, code: KernelCode, tasks: number): Float32Array {
  const buffers = buffersOf(nest);
  runKernelCode(code, buffers, { begin: 0, end: tasks });
  return buffers[nest.stores[0]!.buffer]!;
}

describe.each([false, true])("with an epilogue: %s", (isLate) => {
  const nest = depthwise(isLate);
  const tile = emit(nest, true);

  test("a tile of more results than registers loads each pixel and each weight once", () => {
    expect(count(tile.body, "store")).toBe(size * size);
    expect(count(tile.body, "load")).toBe(size * size + taps * taps + (isLate ? 1 : 0));
  });

  test("every sum keeps its order", () => {
    expect(run(nest, tile, 1)).toEqual(run(nest, emit(nest, false), size));
  });

  test.skipIf(!canRunX64("avx512"))("machine code agrees to the bit", () => {
    const [machine] = runX64Kernels([{ kernel: tile, buffers: buffersOf(nest), ranges: [[0, 1]] }], "avx512");
    expect(machine![nest.stores[0]!.buffer]).toEqual(run(nest, tile, 1));
  });
});
