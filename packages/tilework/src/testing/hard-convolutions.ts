/** Convolutions in all directions as nests: strides, dilation, padding, groups, phases, a fused pooling. */
import { add, f32, max, mul, position } from "../kernel/build-expression.ts";
import { addIndex, axisIndex, constantIndex, type Index, tableIndex } from "../kernel/index-expression.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { expectedOf, type NestCase, reader, someFloats, tensor } from "./nest-case.ts";

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: number;
}

const outputSize = (size: number, { kernel, stride, dilation, padding }: Window): number =>
  Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

/** Where window position `o`, tap `r` reads. */
const tapIndex = (o: number, r: number, { stride, dilation, padding }: Window): Index =>
  addIndex(axisIndex(o, stride), axisIndex(r, dilation), constantIndex(-padding));

export function forwardConvolution(height: Window, width: Window, lanes = false): NestCase {
  const [batch, h, w, channels, filters] = [2, 11, 9, 3, 5];
  const [oh, ow] = [outputSize(h, height), outputSize(w, width)];
  const x = tensor("x", [batch, h, w, channels]);
  const kernel = tensor("kernel", [height.kernel, width.kernel, channels, filters]);
  const y = tensor("y", [batch, oh, ow, filters]);
  const nest = new NestBuilder("convolution");
  const [n, i, j, f] = [
    nest.space("n", batch),
    nest.space("i", oh),
    nest.space("j", ow),
    nest.space("f", filters),
  ];
  const [r, s] = [nest.reduction("r", height.kernel), nest.reduction("s", width.kernel)];
  const c = nest.reduction("c", channels);
  const [row, column] = [tapIndex(i, r, height), tapIndex(j, s, width)];
  if (height.padding > 0) nest.guard(row, h);
  if (width.padding > 0) nest.guard(column, w);
  const image = nest.load(x, [axisIndex(n), row, column, axisIndex(c)]);
  const weight = nest.load(kernel, [axisIndex(r), axisIndex(s), axisIndex(c), axisIndex(f)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(image, weight) }], { lanes });
  nest.store(y, [axisIndex(n), axisIndex(i), axisIndex(j), axisIndex(f)], sum!);
  const [images, weights] = [someFloats(x.shape), someFloats(kernel.shape, 2)];
  const [imageAt, weightAt] = [reader(images, x.shape), reader(weights, kernel.shape)];
  const expected = expectedOf(y.shape, (bn, bi, bj, bf) => {
    let total = 0;
    for (let br = 0; br < height.kernel; br++)
      for (let bs = 0; bs < width.kernel; bs++)
        for (let bc = 0; bc < channels; bc++)
          total +=
            imageAt(
              bn!,
              bi! * height.stride + br * height.dilation - height.padding,
              bj! * width.stride + bs * width.dilation - width.padding,
              bc,
            ) * weightAt(br, bs, bc, bf!);
    return total;
  });
  return {
    name: `convolution ${JSON.stringify([height, width])}${lanes ? " in lanes" : ""}`,
    nests: [nest.build()],
    inputs: new Map([
      [x, images],
      [kernel, weights],
    ]),
    expected: new Map([[y, expected]]),
  };
}

/** One dimension of strided backward-data: input position s·q + p is reached by taps r0[p] + step·t, t < count[p]. */
interface Phases {
  readonly step: number;
  readonly mostTaps: number;
  readonly first: readonly number[];
  readonly count: readonly number[];
  /** Output position of the first tap, less q. */
  readonly shift: readonly number[];
  /** By how much each further tap lowers the output position. */
  readonly lower: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

function phasesOf({ kernel, stride, dilation, padding }: Window): Phases {
  const step = stride / gcd(stride, dilation);
  const taps = Array.from({ length: stride }, (_, phase) =>
    Array.from({ length: kernel }, (_, r) => r).filter(
      (r) => (phase + padding - r * dilation) % stride === 0,
    ),
  );
  return {
    step,
    mostTaps: Math.max(...taps.map((each) => each.length)),
    first: taps.map((each) => each[0] ?? 0),
    count: taps.map((each) => each.length),
    shift: taps.map((each, phase) =>
      each[0] === undefined ? 0 : (phase + padding - each[0] * dilation) / stride,
    ),
    lower: (step * dilation) / stride,
  };
}

export function backwardDataConvolution(height: Window, width: Window): NestCase {
  const [batch, h, w, channels, filters] = [2, 11, 10, 3, 4];
  const [oh, ow] = [outputSize(h, height), outputSize(w, width)];
  const dy = tensor("dy", [batch, oh, ow, filters]);
  const kernel = tensor("kernel", [height.kernel, width.kernel, channels, filters]);
  const dx = tensor("dx", [batch, h, w, channels]);
  const nest = new NestBuilder("backwardData");
  const n = nest.space("n", batch);
  const dimensions = (
    [
      ["h", height, h, oh],
      ["w", width, w, ow],
    ] as const
  ).map(([name, window, size, outputs]) => {
    const q = nest.space(`${name}q`, Math.ceil(size / window.stride));
    const p = nest.space(`${name}p`, window.stride);
    return { name, window, size, outputs, q, p, phases: phasesOf(window) };
  });
  const c = nest.space("c", channels);
  const parts = dimensions.map(({ name, window, size, outputs, q, p, phases }) => {
    const t = nest.reduction(`${name}t`, phases.mostTaps);
    const target = addIndex(axisIndex(q, window.stride), axisIndex(p));
    const source = addIndex(axisIndex(q), tableIndex(p, phases.shift), axisIndex(t, -phases.lower));
    nest.guard(target, size);
    nest.guard(addIndex(tableIndex(p, phases.count), axisIndex(t, -1), constantIndex(-1)), phases.mostTaps);
    nest.guard(source, outputs);
    return { target, source, tap: addIndex(tableIndex(p, phases.first), axisIndex(t, phases.step)) };
  });
  const f = nest.reduction("f", filters);
  const [row, column] = [parts[0]!, parts[1]!];
  const gradient = nest.load(dy, [axisIndex(n), row.source, column.source, axisIndex(f)]);
  const weight = nest.load(kernel, [row.tap, column.tap, axisIndex(c), axisIndex(f)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(gradient, weight) }]);
  nest.store(dx, [axisIndex(n), row.target, column.target, axisIndex(c)], sum!);
  const [gradients, weights] = [someFloats(dy.shape, 3), someFloats(kernel.shape, 4)];
  return {
    name: `backward-data of a convolution ${JSON.stringify([height, width])}`,
    nests: [nest.build()],
    inputs: new Map([
      [dy, gradients],
      [kernel, weights],
    ]),
    expected: new Map([[dx, scattered(gradients, weights, [batch, h, w, channels, filters], height, width)]]),
  };
}

/** Backward-data by its definition: each output's gradient goes to the inputs that its window read. */
function scattered(
  gradients: Float32Array,
  weights: Float32Array,
  [batch, h, w, channels, filters]: readonly [number, number, number, number, number],
  height: Window,
  width: Window,
): Float64Array {
  const [oh, ow] = [outputSize(h, height), outputSize(w, width)];
  const result = new Float64Array(batch * h * w * channels);
  const weightAt = reader(weights, [height.kernel, width.kernel, channels, filters]);
  expectedOf([batch, oh, ow, filters, height.kernel, width.kernel, channels], (n, i, j, f, r, s, c) => {
    const row = i! * height.stride + r! * height.dilation - height.padding;
    const column = j! * width.stride + s! * width.dilation - width.padding;
    if (row < 0 || row >= h || column < 0 || column >= w) return 0;
    const gradient = gradients[((n! * oh + i!) * ow + j!) * filters + f!]!;
    result[((n! * h + row) * w + column) * channels + c!]! += gradient * weightAt(r!, s!, c!, f!);
    return 0;
  });
  return result;
}

export function backwardWeightsConvolution(): NestCase {
  const window: Window = { kernel: 3, stride: 2, dilation: 1, padding: 1 };
  const [batch, size, channels, filters] = [2, 9, 3, 4];
  const outputs = outputSize(size, window);
  const x = tensor("x", [batch, size, size, channels]);
  const dy = tensor("dy", [batch, outputs, outputs, filters]);
  const dw = tensor("dw", [3, 3, channels, filters]);
  const nest = new NestBuilder("backwardWeights");
  const [r, s, c, f] = [
    nest.space("r", 3),
    nest.space("s", 3),
    nest.space("c", channels),
    nest.space("f", filters),
  ];
  const [n, i, j] = [nest.reduction("n", batch), nest.reduction("i", outputs), nest.reduction("j", outputs)];
  const [row, column] = [tapIndex(i, r, window), tapIndex(j, s, window)];
  nest.guard(row, size);
  nest.guard(column, size);
  const image = nest.load(x, [axisIndex(n), row, column, axisIndex(c)]);
  const gradient = nest.load(dy, [axisIndex(n), axisIndex(i), axisIndex(j), axisIndex(f)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(image, gradient) }]);
  nest.store(dw, [axisIndex(r), axisIndex(s), axisIndex(c), axisIndex(f)], sum!);
  const [images, gradients] = [someFloats(x.shape, 5), someFloats(dy.shape, 6)];
  const [imageAt, gradientAt] = [reader(images, x.shape), reader(gradients, dy.shape)];
  const expected = expectedOf(dw.shape, (br, bs, bc, bf) => {
    let total = 0;
    expectedOf(dy.shape.slice(0, 3), (bn, bi, bj) => {
      total += imageAt(bn!, bi! * 2 + br! - 1, bj! * 2 + bs! - 1, bc!) * gradientAt(bn!, bi!, bj!, bf!);
      return 0;
    });
    return total;
  });
  return {
    name: "backward-weights of a strided, padded convolution",
    nests: [nest.build()],
    inputs: new Map([
      [x, images],
      [dy, gradients],
    ]),
    expected: new Map([[dw, expected]]),
  };
}

export function groupedConvolution(): NestCase {
  const [batch, size, groups, channels, filters] = [2, 7, 3, 2, 4];
  const outputs = size - 1;
  const x = tensor("x", [batch, size, groups * channels]);
  const kernel = tensor("kernel", [2, channels, groups * filters]);
  const y = tensor("y", [batch, outputs, groups * filters]);
  const nest = new NestBuilder("groupedConvolution");
  const [n, i, g, f] = [
    nest.space("n", batch),
    nest.space("i", outputs),
    nest.space("g", groups),
    nest.space("f", filters),
  ];
  const [r, c] = [nest.reduction("r", 2), nest.reduction("c", channels)];
  const filter = addIndex(axisIndex(g, filters), axisIndex(f));
  const channel = addIndex(axisIndex(g, channels), axisIndex(c));
  const image = nest.load(x, [axisIndex(n), addIndex(axisIndex(i), axisIndex(r)), channel]);
  const weight = nest.load(kernel, [axisIndex(r), axisIndex(c), filter]);
  const [sum] = nest.reduce([{ op: "add", value: mul(image, weight) }]);
  nest.store(y, [axisIndex(n), axisIndex(i), filter], sum!);
  const [images, weights] = [someFloats(x.shape, 7), someFloats(kernel.shape, 8)];
  const [imageAt, weightAt] = [reader(images, x.shape), reader(weights, kernel.shape)];
  const expected = expectedOf(y.shape, (bn, bi, bf) => {
    const group = Math.floor(bf! / filters);
    let total = 0;
    for (let br = 0; br < 2; br++)
      for (let bc = 0; bc < channels; bc++)
        total += imageAt(bn!, bi! + br, group * channels + bc) * weightAt(br, bc, bf!);
    return total;
  });
  return {
    name: "grouped convolution",
    nests: [nest.build()],
    inputs: new Map([
      [x, images],
      [kernel, weights],
    ]),
    expected: new Map([[y, expected]]),
  };
}

/** Convolution, bias, ReLU and 2x2 max pooling in one nest of two levels, with the winner's code. */
export function pooledConvolution(): NestCase {
  const [batch, size, channels, filters] = [2, 8, 2, 19];
  const pooled = (size - 2) / 2;
  const x = tensor("x", [batch, size, size, channels]);
  const kernel = tensor("kernel", [3, 3, channels, filters]);
  const bias = tensor("bias", [filters]);
  const y = tensor("y", [batch, pooled, pooled, filters]);
  const code = tensor("code", [batch, pooled, pooled, filters], "uint8");
  const nest = new NestBuilder("convolutionMaxPooling");
  const [n, i, j] = [nest.space("n", batch), nest.space("i", pooled), nest.space("j", pooled)];
  const f = nest.space("f", filters);
  const [r, s, c] = [nest.reduction("r", 3), nest.reduction("s", 3), nest.reduction("c", channels)];
  const [u, v] = [nest.outerReduction("u", 2), nest.outerReduction("v", 2)];
  const row = addIndex(axisIndex(i, 2), axisIndex(u), axisIndex(r));
  const column = addIndex(axisIndex(j, 2), axisIndex(v), axisIndex(s));
  const image = nest.load(x, [axisIndex(n), row, column, axisIndex(c)]);
  const weight = nest.load(kernel, [axisIndex(r), axisIndex(s), axisIndex(c), axisIndex(f)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(image, weight) }]);
  const activation = max(add(sum!, nest.load(bias, [axisIndex(f)])), f32(0));
  const place = position(addIndex(axisIndex(u, 2), axisIndex(v)));
  const [best, winner] = nest.reduce([{ op: "argmax", value: activation, position: place }]);
  const at = [axisIndex(n), axisIndex(i), axisIndex(j), axisIndex(f)];
  nest.store(y, at, best!);
  nest.store(code, at, winner!);
  const images = someFloats(x.shape, 9);
  const weights = someFloats(kernel.shape, 10);
  const biases = someFloats(bias.shape, 11);
  const [imageAt, weightAt] = [reader(images, x.shape), reader(weights, kernel.shape)];
  const activationAt = (bn: number, bi: number, bj: number, bf: number): number => {
    let total = biases[bf]!;
    for (let br = 0; br < 3; br++)
      for (let bs = 0; bs < 3; bs++)
        for (let bc = 0; bc < channels; bc++)
          total += imageAt(bn, bi + br, bj + bs, bc) * weightAt(br, bs, bc, bf);
    return Math.max(total, 0);
  };
  const windowAt = (bn: number, bi: number, bj: number, bf: number): number[] =>
    [0, 1, 2, 3].map((tap) => activationAt(bn, bi * 2 + (tap >> 1), bj * 2 + (tap & 1), bf));
  const largest = expectedOf(y.shape, (...index) => Math.max(...windowAt(...(index as Four))));
  const codes = expectedOf(y.shape, (...index) => {
    const window = windowAt(...(index as Four));
    return window.indexOf(Math.max(...window));
  });
  return {
    name: "convolution, bias, ReLU and max pooling in two levels",
    nests: [nest.build()],
    inputs: new Map([
      [x, images],
      [kernel, weights],
      [bias, biases],
    ]),
    expected: new Map([
      [y, largest],
      [code, codes],
    ]),
  };
}

type Four = [number, number, number, number];
