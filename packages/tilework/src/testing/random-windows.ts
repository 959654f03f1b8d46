/** Windows of random sizes over images of one to three spatial axes: convolutions and poolings for random programs. */
import type { Value } from "../graph/value.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { depthwiseConvolution } from "../ops/convolution/depthwise-convolution.ts";
import { extentOf, type WindowOptions } from "../ops/convolution/window.ts";
import { adaptiveAveragePool, adaptiveMaxPool } from "../ops/pooling/adaptive-pool.ts";
import { averagePool } from "../ops/pooling/average-pool.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";

/** A whole number from 0 up to, not including, `count`. */
export type Draw = (count: number) => number;

/** Makes a variable of this shape and reads it. */
export type MakeVariable = (shape: readonly number[]) => Value;

/** Draws that one number decides, digit by digit. */
export function drawsFrom(seed: number): Draw {
  let rest = seed;
  return (count) => {
    const digit = rest % count;
    rest = Math.floor(rest / count);
    return digit;
  };
}

export function isImage(x: Value): boolean {
  return x.shape.length >= 3 && x.shape.length <= 5 && x.shape.slice(1, -1).every((size) => size > 1);
}

/** Groups, strides, dilation and padding as they come. */
export function randomConvolution(x: Value, draw: Draw, variable: MakeVariable): Value {
  const channels = x.shape.at(-1)!;
  const divisors = [1, 2, 3, 4, 16].filter((count) => channels % count === 0);
  const groups = draw(2) === 0 ? 1 : divisors[draw(divisors.length)]!;
  const { sizes, ...window } = randomWindow(x, draw);
  const filters = groups * [1, 2, 3, 5, 4][draw(5)]!;
  return convolution(x, variable([...sizes, channels / groups, filters]), { ...window, groups });
}

export function randomDepthwise(x: Value, draw: Draw, variable: MakeVariable): Value {
  const { sizes, ...window } = randomWindow(x, draw);
  return depthwiseConvolution(x, variable([...sizes, x.shape.at(-1)!, 1 + draw(2)]), window);
}

/** The largest or the mean of windows that slide, of windows that share the image out, or of whole images. */
export function randomPool(x: Value, draw: Draw): Value {
  const spatial = x.shape.slice(1, -1);
  const isMax = draw(2) === 0;
  switch (draw(3)) {
    case 0: {
      const options = {
        window: spatial.map((size) => Math.min(size, 2 + draw(2))),
        strides: spatial.map(() => 1 + draw(3)),
      };
      return isMax ? maxPool(x, options) : averagePool(x, options);
    }
    case 1: {
      const outputSizes = spatial.map((size) => 1 + draw(size));
      return isMax ? adaptiveMaxPool(x, { outputSizes }) : adaptiveAveragePool(x, { outputSizes });
    }
    default:
      return isMax ? maxPool(x, { window: spatial }) : averagePool(x, { window: spatial });
  }
}

/** One to three taps along each axis, which fit the image. */
function randomWindow(x: Value, draw: Draw): Required<WindowOptions> & { readonly sizes: readonly number[] } {
  const axes = x.shape.slice(1, -1).map((length) => {
    const size = Math.min(length, 1 + draw(3));
    const stride = 1 + draw(2);
    const wide = stride === 1 && extentOf({ size, dilation: 2 }) <= length;
    const dilation = wide ? 1 + draw(2) : 1;
    return { size, stride, dilation, padding: [draw(2), draw(2)] as const };
  });
  return {
    sizes: axes.map(({ size }) => size),
    strides: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    padding: axes.map(({ padding }) => padding),
  };
}
