import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, f32, mul, position, select } from "../kernel/build-expression.ts";
import { addIndex, axisIndex, type Index, scaleIndex } from "../kernel/index-expression.ts";
import type { Buffer, Nest } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { hardNests } from "../testing/hard-nests.ts";
import { randomNest } from "../testing/random-nest.ts";
import type { Schedule } from "./schedule.ts";
import { candidates, scheduleNest } from "./schedule-nest.ts";
import { avx2Target, avx512Target, type Target, wasmTarget } from "./target.ts";

const targets: readonly Target[] = [wasmTarget, avx2Target, avx512Target];

function expectValid(nest: Nest, schedule: Schedule): void {
  const { vectorAxis, rows, order, taskLoops, outerReduction } = schedule;
  const laneAxes = nest.levels.flatMap((level) => (level.lanes ? level.axes.slice(-1) : []));
  const tiled = [...nest.space, ...(nest.levels[1]?.axes ?? [])];
  const points = tiled.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
  expect([...order].sort()).toEqual([...nest.space].sort());
  if (vectorAxis !== undefined) expect([...nest.space, ...laneAxes]).toContain(vectorAxis);
  for (const { axis, count } of rows) {
    expect(tiled).toContain(axis);
    expect(axis).not.toBe(vectorAxis);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(points);
  }
  expect(schedule.vectors).toBeGreaterThanOrEqual(1);
  expect(taskLoops).toBeLessThanOrEqual(order.length);
  expect(outerReduction).toBeLessThanOrEqual(nest.levels[0]?.axes.length ?? 0);
}

/** A convolution without padding, stride 1, as the op writes it. */
function convolutionNest(
  batch: number,
  size: number,
  channels: number,
  filters: number,
  kernel: number,
): Nest {
  const outputs = size - kernel + 1;
  const nest = new NestBuilder("convolution");
  const image = axisIndex(nest.space("image", batch));
  const [i, j] = [nest.space("i", outputs), nest.space("j", outputs)];
  const filter = axisIndex(nest.space("filter", filters));
  const [r, s] = [nest.reduction("r", kernel), nest.reduction("s", kernel)];
  const channel = axisIndex(nest.reduction("channel", channels));
  const x = { name: "x", dtype: "float32", shape: [batch, size, size, channels] } as const;
  const weights = { name: "weights", dtype: "float32", shape: [kernel, kernel, channels, filters] } as const;
  const y = { name: "y", dtype: "float32", shape: [batch, outputs, outputs, filters] } as const;
  const pixel = [addIndex(axisIndex(i), axisIndex(r)), addIndex(axisIndex(j), axisIndex(s))];
  const product = mul(
    nest.load(x, [image, ...pixel, channel]),
    nest.load(weights, [axisIndex(r), axisIndex(s), channel, filter]),
  );
  const [sum] = nest.reduce([{ op: "add", value: product }]);
  nest.store(y, [image, axisIndex(i), axisIndex(j), filter], sum!);
  return nest.build();
}

test.each([
  { pixels: 12544, channels: 256, inOrder: true },
  { pixels: 392, channels: 256, inOrder: false },
  { pixels: 50176, channels: 64, inOrder: false },
])("what no near cache holds is read in its order ($pixels pixels of $channels channels)", (row) => {
  const { pixels, channels, inOrder } = row;
  const nest = new NestBuilder("scale");
  const [image, pixel] = [axisIndex(nest.space("image", 4)), axisIndex(nest.space("pixel", pixels / 4))];
  const channel = axisIndex(nest.space("channel", channels));
  const x = { name: "x", dtype: "float32", shape: [4, pixels / 4, channels] } as const;
  const factor = nest.load({ name: "factor", dtype: "float32", shape: [channels] }, [channel]);
  nest.store(
    { ...x, name: "y" },
    [image, pixel, channel],
    mul(nest.load(x, [image, pixel, channel]), factor),
  );
  const { rows } = scheduleNest(nest.build(), avx512Target);
  expect(rows.length === 0).toBe(inOrder);
});

/** 28 x 28 pixels by 3 x 3 taps. */
function depthwiseNest(channels: number): Nest {
  const nest = new NestBuilder("depthwise");
  const image = nest.space("image", 4);
  const [i, j] = [nest.space("i", 28), nest.space("j", 28)];
  const channel = nest.space("channel", channels);
  const [r, s] = [nest.reduction("r", 3), nest.reduction("s", 3)];
  const x = { name: "x", dtype: "float32", shape: [4, 30, 30, channels] } as const;
  const weights = { name: "weights", dtype: "float32", shape: [3, 3, channels] } as const;
  const y = { name: "y", dtype: "float32", shape: [4, 28, 28, channels] } as const;
  const pixel = [addIndex(axisIndex(i), axisIndex(r)), addIndex(axisIndex(j), axisIndex(s))];
  const product = mul(
    nest.load(x, [axisIndex(image), ...pixel, axisIndex(channel)]),
    nest.load(weights, [axisIndex(r), axisIndex(s), axisIndex(channel)]),
  );
  const [sum] = nest.reduce([{ op: "add", value: product }]);
  nest.store(y, [axisIndex(image), axisIndex(i), axisIndex(j), axisIndex(channel)], sum!);
  return nest.build();
}

describe.each(targets)("for $printer with $lanes lanes", (target) => {
  test("every nest gets a valid schedule", () => {
    const random = fc.sample(randomNest, { numRuns: 200, seed: 3 }).map(({ nest }) => nest);
    for (const nest of [...hardNests.flatMap(({ nests }) => nests), ...random])
      expectValid(nest, scheduleNest(nest, target));
  });

  test("candidates are valid, the default first", () => {
    const nest = convolutionNest(32, 13, 32, 64, 3);
    const found = candidates(nest, target);
    expect(found[0]).toEqual(scheduleNest(nest, target));
    for (const schedule of found) expectValid(nest, schedule);
  });

  test.each([
    { batch: 32, size: 13, channels: 32, filters: 64, kernel: 3 },
    { batch: 8, size: 62, channels: 64, filters: 128, kernel: 3 },
    { batch: 32, size: 32, channels: 3, filters: 16, kernel: 5 },
    { batch: 4, size: 30, channels: 20, filters: 37, kernel: 3 },
  ])("a convolution $size x $size x $channels -> $filters keeps the multiply-add units busy", (shape) => {
    const nest = convolutionNest(shape.batch, shape.size, shape.channels, shape.filters, shape.kernel);
    const { vectorAxis, vectors, rows, order, taskLoops } = scheduleNest(nest, target);
    expect(nest.axes[vectorAxis!]!.name).toBe("filter");
    const accumulators = rows.reduce((product, { count }) => product * count, vectors);
    expect(accumulators).toBeGreaterThanOrEqual(8);
    expect(accumulators + vectors).toBeLessThan(target.registers);
    expect(order[0]).toBe(0);
    expect(taskLoops).toBeGreaterThanOrEqual(1);
  });
});

test.each(targets)(
  "kernels that no cache holds meet all images block by block, small ones stay for one image after the other (%o)",
  (target) => {
    const outermost = (nest: Nest): string => nest.axes[scheduleNest(nest, target).order[0]!]!.name;
    expect(outermost(convolutionNest(4, 7, 512, 512, 3))).toBe("filter");
    expect(outermost(convolutionNest(4, 30, 64, 64, 3))).toBe("image");
  },
);

test.each([avx2Target, avx512Target])(
  "a depthwise convolution computes squares with all taps written out, larger ones where pixels are far in memory and registers suffice (%o)",
  (target) => {
    const near = depthwiseNest(256);
    const { rows, unroll, vectors } = scheduleNest(near, target);
    expect(rows.map(({ axis, count }) => [near.axes[axis]!.name, count])).toEqual([
      ["i", 2],
      ["j", 2],
    ]);
    expect(unroll).toBe(9);
    expect((4 + 9) * vectors).toBeLessThan(target.registers);
    const far = scheduleNest(depthwiseNest(512), target);
    const points = far.rows.reduce((product, { count }) => product * count, 1);
    if (target.registers < 32) expect(far.rows).toHaveLength(1);
    else expect([far.vectors, far.unroll, points > target.registers]).toEqual([1, 9, true]);
    expect(candidates(near, target).map((other) => other.rows.length)).toContain(1);
  },
);

test.each([
  { size: 28, channels: 256, target: avx512Target, written: 4 },
  { size: 28, channels: 512, target: avx512Target, written: undefined },
  { size: 28, channels: 256, target: avx2Target, written: undefined },
  { size: 28, channels: 12, target: avx2Target, written: 4 },
  { size: 14, channels: 512, target: avx512Target, written: 14 },
  { size: 14, channels: 1024, target: avx512Target, written: undefined },
  { size: 7, channels: 1024, target: avx512Target, written: 49 },
  { size: 7, channels: 1024, target: avx2Target, written: undefined },
])(
  "all taps of the gradient by depthwise weights are one tile where its runs are long enough or an image's rows stay in registers ($size pixels, $channels channels, $target.lanes lanes)",
  ({ size, channels, target, written }) => {
    const nest = new NestBuilder("gradient");
    const chunk = axisIndex(nest.space("chunk", 4));
    const taps = [nest.space("tap0", 3), nest.space("tap1", 3)];
    const channel = axisIndex(nest.space("channel", channels));
    const outputs = [nest.reduction("output0", size), nest.reduction("output1", size)];
    const x = { name: "x", dtype: "float32", shape: [4, size + 2, size + 2, channels] } as const;
    const upstream = { name: "upstream", dtype: "float32", shape: [4, size, size, channels] } as const;
    const dw = { name: "dw", dtype: "float32", shape: [4, 3, 3, channels] } as const;
    const pixel = taps.map((tap, at) => addIndex(axisIndex(tap), axisIndex(outputs[at]!)));
    const product = mul(
      nest.load(x, [chunk, ...pixel, channel]),
      nest.load(upstream, [chunk, ...outputs.map((output) => axisIndex(output)), channel]),
    );
    const [sum] = nest.reduce([{ op: "add", value: product }]);
    nest.store(dw, [chunk, ...taps.map((tap) => axisIndex(tap)), channel], sum!);
    const { rows, outerReduction, unroll } = scheduleNest(nest.build(), target);
    const isSquare = written !== undefined;
    expect(rows.reduce((points, { count }) => points * count, 1) === 9).toBe(isSquare);
    expect(isSquare && outerReduction > 0).toBe(false);
    if (isSquare) expect(unroll).toBe(written);
  },
);

test.each([
  [7, { rows: 3, vectors: 4 }],
  [12, { rows: 6, vectors: 2 }],
])("with 16 registers %i pixels in a row split into tiles that keep both units busy: %o", (pixels, tile) => {
  const { rows, vectors } = scheduleNest(convolutionNest(4, pixels + 2, 64, 64, 3), avx2Target);
  expect({ rows: rows[0]?.count, vectors }).toEqual(tile);
});

/** Panels of 32 columns of a matrix of 512 rows, stored by rows or by columns. */
function panelsNest(columns: number, isTransposed: boolean): Nest {
  const nest = new NestBuilder("pack");
  const [block, row, column] = [
    nest.space("block", columns / 32),
    nest.space("row", 512),
    nest.space("column", 32),
  ];
  const at = addIndex(axisIndex(block, 32), axisIndex(column));
  const shape = isTransposed ? [columns, 512] : [512, columns];
  const from = isTransposed ? [at, axisIndex(row)] : [axisIndex(row), at];
  const panels: Buffer = { name: "panels", dtype: "float32", shape: [columns / 32, 512, 32] };
  const value = nest.load({ name: "matrix", dtype: "float32", shape }, from);
  nest.store(panels, [axisIndex(block), axisIndex(row), axisIndex(column)], value);
  return nest.build();
}

test.each([
  { columns: 512, target: avx512Target, rows: [{ axis: 1, count: 4 }] },
  { columns: 512, target: avx2Target, rows: [{ axis: 1, count: 4 }] },
  { columns: 512, target: wasmTarget, rows: [] },
  { columns: 32, target: avx512Target, rows: [] },
])("panels of $columns columns with $target.lanes lanes take several runs that lie apart: $rows", (row) => {
  expect(scheduleNest(panelsNest(row.columns, false), row.target).rows).toEqual(row.rows);
});

test("elements a power of two apart are gathered from no more lines than their sets of the cache hold", () => {
  const gathered = panelsNest(512, true);
  const lines = 8 * scheduleNest(gathered, avx2Target).vectors;
  expect(lines).toBeLessThanOrEqual(16);
});

test("a visit of a gradient by weights is as short as keeps what tiles share in the first cache", () => {
  const blocks = [64, 80].map((filters) => {
    const nest = new NestBuilder("gradient");
    const [channel, filter] = [
      axisIndex(nest.space("channel", 256)),
      axisIndex(nest.space("filter", filters)),
    ];
    const pixel = [axisIndex(nest.reduction("i", 56)), axisIndex(nest.reduction("j", 56))];
    const x = { name: "x", dtype: "float32", shape: [56, 56, 256] } as const;
    const upstream = { name: "upstream", dtype: "float32", shape: [56, 56, filters] } as const;
    const weights = { name: "weights", dtype: "float32", shape: [256, filters] } as const;
    const value = mul(nest.load(x, [...pixel, channel]), nest.load(upstream, [...pixel, filter]));
    nest.store(weights, [channel, filter], nest.reduce([{ op: "add", value }])[0]!);
    return scheduleNest(nest.build(), avx2Target).outerBlock;
  });
  expect(blocks).toEqual([2, 4]);
});

/** The gradient of a max pooling by 3x3 windows at stride 1, as the op writes it. */
function poolingGradient(size: number, channels: number): Nest {
  const shape = [8, size, size, channels];
  const padded = [8, size + 2, size + 2, channels];
  const code: Buffer = { name: "code", dtype: "uint8", shape: padded };
  const dy: Buffer = { name: "dy", dtype: "float32", shape: padded };
  const dx: Buffer = { name: "dx", dtype: "float32", shape };
  const nest = new NestBuilder("gradient");
  const [n, i, j, c] = shape.map((points, at) => axisIndex(nest.space(`space${at}`, points))) as Index[];
  const [u, v] = [axisIndex(nest.reduction("u", 3)), axisIndex(nest.reduction("v", 3))];
  const from = [n!, addIndex(i!, u), addIndex(j!, v), c!];
  const won = compare("eq", nest.load(code, from), position(addIndex(scaleIndex(u, 3), v)));
  const [sum] = nest.reduce([{ op: "add", value: select(won, nest.load(dy, from), f32(0)) }]);
  nest.store(dx, [n!, i!, j!, c!], sum!);
  return nest.build();
}

test.each([
  [28, 192, { rows: [{ axis: 1, count: 4 }], vectors: 1, unroll: 9 }],
  [11, 32, { rows: [{ axis: 2 }] }],
])(
  "a pooling's gradient goes through rows of images side by side where a few of them fill the first cache (%i x %i)",
  (size, channels, expected) => {
    expect(scheduleNest(poolingGradient(size, channels), avx512Target)).toMatchObject(expected);
  },
);

/** The sums of windows of 2x2 that do not overlap. */
function windowSums(size: number, channels: number): Nest {
  const x: Buffer = { name: "x", dtype: "float32", shape: [4, 2 * size, 2 * size, channels] };
  const y: Buffer = { name: "y", dtype: "float32", shape: [4, size, size, channels] };
  const nest = new NestBuilder("sums");
  const [n, i, j, c] = y.shape.map((points, at) => axisIndex(nest.space(`space${at}`, points))) as Index[];
  const [u, v] = [axisIndex(nest.reduction("u", 2)), axisIndex(nest.reduction("v", 2))];
  const value = nest.load(x, [n!, addIndex(scaleIndex(i!, 2), u), addIndex(scaleIndex(j!, 2), v), c!]);
  nest.store(y, [n!, i!, j!, c!], nest.reduce([{ op: "add", value }])[0]!);
  return nest.build();
}

test.each([
  [56, 64, { rows: [{ axis: 1, count: 2 }], vectors: 4, unroll: 4 }],
  [13, 32, { rows: [{ axis: 2 }], vectors: 2 }],
])("windows that share nothing go by pairs of rows in wide images (%i x %i)", (size, channels, expected) => {
  expect(scheduleNest(windowSums(size, channels), avx512Target)).toMatchObject(expected);
});

test("steps that share nothing are not written out for it", () => {
  expect(scheduleNest(convolutionNest(4, 9, 512, 512, 3), avx512Target).unroll).toBe(1);
});

test.each(targets)(
  "tiles a matrix product's rows, which share panels, not its blocks of columns (%o)",
  (target) => {
    const nest = new NestBuilder("product");
    const row = nest.space("row", 48);
    const block = axisIndex(nest.space("block", 8));
    const column = axisIndex(nest.space("column", 64));
    const k = axisIndex(nest.reduction("k", 512));
    const a = { name: "a", dtype: "float32", shape: [48, 512] } as const;
    const panels = { name: "panels", dtype: "float32", shape: [8, 512, 64] } as const;
    const result = { name: "result", dtype: "float32", shape: [48, 512] } as const;
    const product = mul(nest.load(a, [axisIndex(row), k]), nest.load(panels, [block, k, column]));
    const [sum] = nest.reduce([{ op: "add", value: product }]);
    nest.store(result, [axisIndex(row), addIndex(scaleIndex(block, 64), column)], sum!);
    const { rows, order } = scheduleNest(nest.build(), target);
    expect(rows.map(({ axis }) => axis)).toEqual([row]);
    expect(order.at(-1)).toBe(row);
  },
);

test.each(targets)(
  "a depthwise convolution's channels, which share nothing, are innermost (%o)",
  (target) => {
    const nest = depthwiseNest(256);
    const { vectorAxis, rows, order } = scheduleNest(nest, target);
    const nameOf = (axis: number): string => nest.axes[axis]!.name;
    expect(nameOf(vectorAxis!)).toBe("channel");
    expect(nameOf(rows.at(-1)!.axis)).toBe("j");
    expect(order.map(nameOf)).toEqual(["image", "i", "j", "channel"]);
  },
);

test.each([
  { elements: 2 ** 23, target: avx512Target, expected: true },
  { elements: 2 ** 23, target: avx2Target, expected: true },
  { elements: 2 ** 23, target: wasmTarget, expected: false },
  { elements: 2 ** 20, target: avx512Target, expected: false },
])("only results larger than the caches go past them ($elements, $target.printer)", (row) => {
  const build = (inPlace: boolean): Nest => {
    const nest = new NestBuilder("square");
    const at = axisIndex(nest.space("at", row.elements));
    const x = { name: "x", dtype: "float32", shape: [row.elements] } as const;
    const value = nest.load(x, [at]);
    nest.store(inPlace ? x : { ...x, name: "y" }, [at], mul(value, value));
    return nest.build();
  };
  expect(scheduleNest(build(false), row.target).streaming).toBe(row.expected);
  expect(scheduleNest(build(true), row.target).streaming).toBe(false);
});
