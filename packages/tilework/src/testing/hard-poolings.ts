/** Poolings as nests: adaptive windows, ties, and the gradient of overlapping maxima. */
import {
  add,
  binary,
  compare,
  convert,
  div,
  f32,
  i32,
  position,
  select,
} from "../kernel/build-expression.ts";
import { addIndex, axisIndex, constantIndex, scaleIndex, tableIndex } from "../kernel/index-expression.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { expectedOf, type NestCase, reader, someFloats, someIntegers, tensor } from "./nest-case.ts";

/** Window i of an adaptive pooling covers [floor(i·size/outputs), ceil((i+1)·size/outputs)). */
function adaptiveWindows(size: number, outputs: number): { start: number[]; count: number[] } {
  const all = Array.from({ length: outputs }, (_, i) => i);
  const start = all.map((i) => Math.floor((i * size) / outputs));
  return { start, count: all.map((i) => Math.ceil(((i + 1) * size) / outputs) - start[i]!) };
}

export function adaptiveAveragePooling(h: number, w: number, oh: number, ow: number): NestCase {
  const [batch, channels] = [2, 5];
  const x = tensor("x", [batch, h, w, channels]);
  const y = tensor("y", [batch, oh, ow, channels]);
  const nest = new NestBuilder("adaptiveAveragePooling");
  const [n, i, j, c] = [
    nest.space("n", batch),
    nest.space("i", oh),
    nest.space("j", ow),
    nest.space("c", channels),
  ];
  const [rows, columns] = [adaptiveWindows(h, oh), adaptiveWindows(w, ow)];
  const [u, v] = [
    nest.reduction("u", Math.max(...rows.count)),
    nest.reduction("v", Math.max(...columns.count)),
  ];
  for (const [axis, tap, { count }] of [
    [i, u, rows],
    [j, v, columns],
  ] as const)
    nest.guard(addIndex(tableIndex(axis, count), constantIndex(-1), axisIndex(tap, -1)), Math.max(...count));
  const row = addIndex(tableIndex(i, rows.start), axisIndex(u));
  const column = addIndex(tableIndex(j, columns.start), axisIndex(v));
  const [sum] = nest.reduce([{ op: "add", value: nest.load(x, [axisIndex(n), row, column, axisIndex(c)]) }]);
  const sizeOfWindow = {
    kind: "binary",
    op: "mul",
    x: position(tableIndex(i, rows.count)),
    y: position(tableIndex(j, columns.count)),
  } as const;
  nest.store(
    y,
    [axisIndex(n), axisIndex(i), axisIndex(j), axisIndex(c)],
    div(sum!, convert("f32FromI32", sizeOfWindow)),
  );
  const images = someFloats(x.shape, 12);
  const imageAt = reader(images, x.shape);
  const expected = expectedOf(y.shape, (bn, bi, bj, bc) => {
    let [total, count] = [0, 0];
    for (let bu = 0; bu < h; bu++)
      for (let bv = 0; bv < w; bv++) {
        const inRows = bu >= Math.floor((bi! * h) / oh) && bu < Math.ceil(((bi! + 1) * h) / oh);
        const inColumns = bv >= Math.floor((bj! * w) / ow) && bv < Math.ceil(((bj! + 1) * w) / ow);
        if (!inRows || !inColumns) continue;
        total += imageAt(bn!, bu, bv, bc!);
        count++;
      }
    return total / count;
  });
  return {
    name: `adaptive average pooling of ${h}x${w} to ${oh}x${ow}`,
    nests: [nest.build()],
    inputs: new Map([[x, images]]),
    expected: new Map([[y, expected]]),
  };
}

/**
 * Max pooling with the winner's place in its window, padded by one pixel at stride 1; windows of ties, of -infinity and
 * with NaN are among them. With two levels neighbouring windows share their rows.
 */
export function maxPoolingWithWinner(stride: number, levels: 1 | 2): NestCase {
  const [batch, size, channels, kernel] = [2, 13, 6, 3];
  const before = stride === 1 ? 1 : 0;
  const outputs = Math.floor((size + 2 * before - kernel) / stride) + 1;
  const x = tensor("x", [batch, size, size, channels]);
  const y = tensor("y", [batch, outputs, outputs, channels]);
  const code = tensor("code", [batch, outputs, outputs, channels], "uint8");
  const nest = new NestBuilder("maxPooling");
  const [n, i, j] = [nest.space("n", batch), nest.space("i", outputs), nest.space("j", outputs)];
  const c = nest.space("c", channels);
  const u = levels === 2 ? nest.outerReduction("u", kernel) : nest.reduction("u", kernel);
  const v = nest.reduction("v", kernel);
  const row = addIndex(axisIndex(i, stride), axisIndex(u), constantIndex(-before));
  const column = addIndex(axisIndex(j, stride), axisIndex(v), constantIndex(-before));
  if (before > 0) for (const index of [row, column]) nest.guard(index, size);
  const value = nest.load(x, [axisIndex(n), row, column, axisIndex(c)]);
  const inRow = axisIndex(v);
  const place = levels === 2 ? inRow : addIndex(axisIndex(u, kernel), inRow);
  let [best, winner] = nest.reduce([{ op: "argmax", value, position: position(place) }]);
  if (levels === 2) {
    const whole = add(position(axisIndex(u, kernel)), winner!);
    [best, winner] = nest.reduce([{ op: "argmax", value: best!, position: whole }]);
  }
  const at = [axisIndex(n), axisIndex(i), axisIndex(j), axisIndex(c)];
  nest.store(y, at, best!);
  nest.store(code, at, winner!);
  const special = [0, 0, 1, 1, -1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  const images = Float32Array.from(someIntegers(x.shape, 40, 13), (k, at) => {
    if (at % channels === 5) return Number.NEGATIVE_INFINITY;
    return special[k] ?? k % 4;
  });
  const imageAt = reader(images, x.shape);
  const windowAt = (index: readonly number[]): (readonly [tap: number, value: number])[] =>
    Array.from({ length: kernel * kernel }, (_, tap) => {
      const atRow = index[1]! * stride + Math.floor(tap / kernel) - before;
      const atColumn = index[2]! * stride + (tap % kernel) - before;
      const isInside = [atRow, atColumn].every((at) => at >= 0 && at < size);
      return isInside ? [[tap, imageAt(index[0]!, atRow, atColumn, index[3]!)] as const] : [];
    }).flat();
  const largest = (index: readonly number[]): number =>
    Math.max(...windowAt(index).map(([, value]) => value));
  const winnerOf = (index: readonly number[]): number => {
    const window = windowAt(index);
    const notANumber = window.find(([, value]) => Number.isNaN(value));
    return (notANumber ?? window.find(([, value]) => value === largest(index))!)[0];
  };
  return {
    name: `max pooling with the winner's place, ties, infinities and NaN, stride ${stride}, levels ${levels}`,
    nests: [nest.build()],
    inputs: new Map([[x, images]]),
    expected: new Map([
      [y, expectedOf(y.shape, (...index) => largest(index))],
      [code, expectedOf(y.shape, (...index) => winnerOf(index))],
    ]),
  };
}

/** The smallest code among the elements that are the maximum, or NaN: a fold of integers under a condition. */
export function firstWinner(): NestCase {
  const [batch, pixels, channels] = [3, 21, 5];
  const x = tensor("x", [batch, pixels, channels]);
  const codes = tensor("codes", [batch, pixels, channels], "int32");
  const most = tensor("most", [batch, channels]);
  const first = tensor("first", [batch, channels], "int32");
  const nest = new NestBuilder("firstWinner");
  const [n, c] = [axisIndex(nest.space("n", batch)), axisIndex(nest.space("c", channels))];
  const from = [n, axisIndex(nest.reduction("pixel", pixels)), c];
  const value = nest.load(x, from);
  const wins = binary("or", compare("eq", value, nest.load(most, [n, c])), compare("ne", value, value));
  const [least] = nest.reduce([{ op: "min", value: select(wins, nest.load(codes, from), i32(0x7fffffff)) }]);
  nest.store(first, [n, c], least!);
  const values = Float32Array.from(someIntegers(x.shape, 40, 13), (k) => (k === 0 ? Number.NaN : k % 4));
  const places = someIntegers(codes.shape, 1000, 14);
  const [valueAt, placeAt] = [reader(values, x.shape), reader(places, codes.shape)];
  const all = Array.from({ length: pixels }, (_, pixel) => pixel);
  const largest = (i: number, j: number): number => Math.max(...all.map((pixel) => valueAt(i, pixel, j)));
  const winner = (i: number, j: number): number =>
    Math.min(
      ...all
        .filter((pixel) => Number.isNaN(valueAt(i, pixel, j)) || valueAt(i, pixel, j) === largest(i, j))
        .map((pixel) => placeAt(i, pixel, j)),
    );
  const maxima = Float32Array.from(expectedOf(most.shape, (i, j) => largest(i!, j!)));
  return {
    name: "the first of several maxima",
    nests: [nest.build()],
    inputs: new Map<typeof x, Float32Array | Int32Array>([
      [x, values],
      [codes, places],
      [most, maxima],
    ]),
    expected: new Map([[first, expectedOf(first.shape, (i, j) => winner(i!, j!))]]),
  };
}

/**
 * Each input pixel visits the windows that contain it, as phase + stride·t, and takes the gradients it won; where
 * windows ascend with t, neighbouring pixels read the same ones at neighbouring t.
 */
export function overlappingMaxPoolingBackward(
  kernel: number,
  stride: number,
  ascending: boolean,
  channels = 7,
): NestCase {
  const [batch, size] = [2, 13];
  const outputs = Math.floor((size - kernel) / stride) + 1;
  const code = tensor("code", [batch, outputs, outputs, channels], "uint8");
  const dy = tensor("dy", [batch, outputs, outputs, channels]);
  const dx = tensor("dx", [batch, size, size, channels]);
  const nest = new NestBuilder("maxPoolingBackward");
  const n = nest.space("n", batch);
  const spans = ["h", "w"].map((name) => ({
    q: nest.space(`${name}q`, Math.ceil(size / stride)),
    p: nest.space(`${name}p`, stride),
  }));
  const c = nest.space("c", channels);
  const parts = spans.map(({ q, p }, at) => {
    const steps = Math.ceil(kernel / stride);
    const t = nest.reduction(`t${at}`, steps);
    const back = ascending ? addIndex(constantIndex(steps - 1), axisIndex(t, -1)) : axisIndex(t);
    const target = addIndex(axisIndex(q, stride), axisIndex(p));
    const window = addIndex(axisIndex(q), scaleIndex(back, -1));
    const tap = addIndex(axisIndex(p), scaleIndex(back, stride));
    nest.guard(target, size);
    nest.guard(window, outputs);
    nest.guard(tap, kernel);
    return { target, window, tap };
  });
  const at = [axisIndex(n), parts[0]!.window, parts[1]!.window, axisIndex(c)];
  const own = position(addIndex(...[parts[0]!.tap].flatMap((tap) => Array(kernel).fill(tap)), parts[1]!.tap));
  const won = compare("eq", nest.load(code, at), own);
  const [sum] = nest.reduce([{ op: "add", value: select(won, nest.load(dy, at), f32(0)) }]);
  nest.store(dx, [axisIndex(n), parts[0]!.target, parts[1]!.target, axisIndex(c)], sum!);
  const codes = Uint8Array.from(someIntegers(code.shape, kernel * kernel, 14));
  const gradients = someFloats(dy.shape, 15);
  const expected = new Float64Array(batch * size * size * channels);
  expectedOf(dy.shape, (bn, bi, bj, bc) => {
    const from = ((bn! * outputs + bi!) * outputs + bj!) * channels + bc!;
    const row = bi! * stride + Math.floor(codes[from]! / kernel);
    const column = bj! * stride + (codes[from]! % kernel);
    expected[((bn! * size + row) * size + column) * channels + bc!]! += gradients[from]!;
    return 0;
  });
  return {
    name: `backward of overlapping max pooling, window ${kernel}, stride ${stride}, ${channels} channels${ascending ? ", ascending" : ""}`,
    nests: [nest.build()],
    inputs: new Map<typeof code, Uint8Array | Float32Array>([
      [code, codes],
      [dy, gradients],
    ]),
    expected: new Map([[dx, expected]]),
  };
}

/** Zero padding by a load that reads 0 outside. */
export function zeroPadding(): NestCase {
  const [h, w, channels, top, left] = [5, 6, 3, 2, 1];
  const x = tensor("x", [h, w, channels], "uint8");
  const y = tensor("y", [h + 3, w + 2, channels]);
  const mask = tensor("mask", y.shape, "bool");
  const nest = new NestBuilder("zeroPadding");
  const [i, j, c] = [nest.space("i", h + 3), nest.space("j", w + 2), nest.space("c", channels)];
  const source = [axisIndex(i, 1, -top), axisIndex(j, 1, -left), axisIndex(c)];
  const at = [axisIndex(i), axisIndex(j), axisIndex(c)];
  nest.store(y, at, convert("f32FromI32", nest.load(x, source, 0)));
  nest.store(mask, at, select(compare("lt", nest.load(x, source, -1), i32(0)), i32(1), i32(0)));
  const images = Uint8Array.from(someIntegers(x.shape, 256, 16));
  const imageAt = reader(images, x.shape);
  const inside = (bi: number, bj: number): boolean =>
    bi >= top && bi < top + h && bj >= left && bj < left + w;
  return {
    name: "zero padding of bytes, and where it is",
    nests: [nest.build()],
    inputs: new Map([[x, images]]),
    expected: new Map([
      [y, expectedOf(y.shape, (bi, bj, bc) => imageAt(bi! - top, bj! - left, bc!))],
      [mask, expectedOf(mask.shape, (bi, bj) => (inside(bi!, bj!) ? 0 : 1))],
    ]),
  };
}
