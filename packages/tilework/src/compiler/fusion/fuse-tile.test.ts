import fc from "fast-check";
import { expect, test } from "vitest";
import { applyOp } from "../../graph/define-op.ts";
import { input, type Program } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { writesOf } from "../../kernel/access.ts";
import type { Elements } from "../../kernel/interpret.ts";
import { storageOf } from "../../kernel/nest.ts";
import { add } from "../../ops/binary/add.ts";
import type { Padding } from "../../ops/convolution/window.ts";
import { winogradConvolution } from "../../ops/convolution/winograd/winograd.ts";
import { averagePool } from "../../ops/pooling/average-pool.ts";
import { maxPoolDefinition } from "../../ops/pooling/max-pool.ts";
import { relu } from "../../ops/unary/relu.ts";
import { tanh } from "../../ops/unary/tanh.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { bitsOf } from "../../testing/nest-runs.ts";
import { runLowered } from "../../testing/run-nests.ts";
import { type LoweredProgram, lowerProgram } from "../lower.ts";
import { fuseNests } from "./fuse.ts";

interface Case {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly filters: number;
  readonly padding: 0 | 1;
  readonly before: readonly ("bias" | "relu" | "tanh")[];
  readonly window: readonly [number, number];
  readonly pooling: "max" | "codes" | "average";
  readonly isKept: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 4, max: 14 }),
  columns: fc.integer({ min: 4, max: 14 }),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 3 }),
  padding: fc.constantFrom(0, 1),
  before: fc.subarray(["bias", "relu", "tanh"] as const),
  window: fc.constantFrom([2, 2], [2, 1], [1, 2]),
  pooling: fc.constantFrom("max", "codes", "average"),
  isKept: fc.boolean(),
});

const steps: Record<Case["before"][number], (x: Value, bias: Value) => Value> = {
  bias: (x, bias) => add(x, bias),
  relu: (x) => relu(x),
  tanh: (x) => tanh(x),
};

function programOf({ batch, rows, columns, channels, filters, ...shape }: Case): Program {
  const x = input("x", { shape: [batch, rows, columns, channels], dtype: "float32" });
  const kernel = input("kernel", { shape: [3, 3, channels, filters], dtype: "float32" });
  const bias = input("bias", { shape: [filters], dtype: "float32" });
  const padding: Padding[] = [
    [shape.padding, shape.padding],
    [shape.padding, shape.padding],
  ];
  const result = winogradConvolution(x, kernel, { padding }, () => true)!;
  const activated = shape.before.reduce((value, step) => steps[step](value, bias), result);
  const pooled = pooledBy(shape.pooling, activated, shape.window);
  const outputs = { ...pooled, ...(shape.isKept ? { activated } : {}) };
  return { inputs: { x, kernel, bias }, outputs, updates: [] };
}

function pooledBy(
  pooling: Case["pooling"],
  x: Value,
  window: readonly [number, number],
): Record<string, Value> {
  const pool = { window };
  if (pooling === "average") return { pooled: averagePool(x, pool) };
  const [pooled, codes] = applyOp(maxPoolDefinition, [x], { pool, codes: pooling === "codes" });
  return codes === undefined ? { pooled: pooled! } : { pooled: pooled!, codes };
}

/** Small whole numbers, so that windows have ties, with a NaN and an infinity among them. */
function feedsOf({ inputs }: Program): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }], stream) => {
      const data = Float32Array.from(
        { length: sizeOf(shape) },
        (_, at) => Math.round(1.4 * Math.sin(at * (2.1 + stream) + stream)) * (at % 5 === 0 ? -1 : 1),
      );
      if (name === "x") {
        data[7 % data.length] = Number.NaN;
        data[data.length - 1] = Number.POSITIVE_INFINITY;
      }
      return [name, data];
    }),
  );
}

function bitsIn(outputs: Readonly<Record<string, Elements>>): object {
  return Object.fromEntries(Object.entries(outputs).map(([name, elements]) => [name, bitsOf(elements)]));
}

/** Whether the pooled images are written where the convolution's results are. */
function poolsInTiles({ nests, outputs }: LoweredProgram): boolean {
  const pooled = storageOf(outputs.get("pooled")!);
  const writers = nests.filter(({ nest }) => writesOf(nest).has(pooled));
  return writers.every(({ nest }) => nest.name.startsWith("winogradResult") && nest.levels.length === 0);
}

test("pooling joins Winograd's results of even sizes, and fusion changes no bit", () => {
  fc.assert(
    fc.property(cases, (shape) => {
      const program = programOf(shape);
      const lowered = lowerProgram(program);
      const fused = fuseNests(lowered);
      const [rows, columns] = [shape.rows, shape.columns].map((size) => size + 2 * shape.padding - 2);
      expect(poolsInTiles(fused)).toBe(rows! % 2 === 0 && columns! % 2 === 0);
      const feeds = feedsOf(program);
      expect(bitsIn(runLowered(fused, feeds))).toEqual(bitsIn(runLowered(lowered, feeds)));
    }),
    { numRuns: 80 },
  );
});

test.each([1, 2])("the full-resolution result of %i images in bands is gone, with the same bits", (batch) => {
  const shape: Case = {
    batch,
    rows: 32,
    columns: 32,
    channels: 2,
    filters: 70,
    padding: 1,
    before: ["bias", "relu"],
    window: [2, 2],
    pooling: "codes",
    isKept: false,
  };
  const program = programOf(shape);
  const lowered = lowerProgram(program);
  const fused = fuseNests(lowered);
  const result = fused.nests.find(({ nest }) => nest.name.startsWith("winogradResult"))!.nest;
  expect(result.buffers.find(({ name }) => name === "winogradProducts")!.shape[0]).toBeGreaterThan(batch);
  const pooled = [batch, 16, 16, 70];
  expect([...writesOf(result)].map((written) => written.shape)).toEqual([pooled, pooled]);
  const feeds = feedsOf(program);
  expect(bitsIn(runLowered(fused, feeds))).toEqual(bitsIn(runLowered(lowered, feeds)));
});

test("overlapping windows and windows with padding keep their kernel", () => {
  const x = input("x", { shape: [2, 8, 8, 4], dtype: "float32" });
  const kernel = input("kernel", { shape: [3, 3, 4, 4], dtype: "float32" });
  const padding: Padding[] = [
    [1, 1],
    [1, 1],
  ];
  const result = winogradConvolution(x, kernel, { padding }, () => true)!;
  for (const pool of [
    { window: [3, 3], strides: [2, 2] },
    { window: [2, 2], strides: [1, 1] },
    { window: [2, 2], padding },
  ]) {
    const pooled = averagePool(result, pool);
    const fused = fuseNests(lowerProgram({ inputs: { x, kernel }, outputs: { pooled }, updates: [] }));
    expect(poolsInTiles(fused)).toBe(false);
  }
});
