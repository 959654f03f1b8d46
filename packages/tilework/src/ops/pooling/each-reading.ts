import { sizeOf } from "../../tensor/shape.ts";
import { forEachTap } from "../convolution/each-tap.ts";
import { type PoolGeometry, reachesOf, windowSizes } from "./pool-geometry.ts";

/**
 * Visits every pair of a pooled element and an input element that its window reads, each window's pixels in row-major
 * order, with both row-major numbers and the pixel's winner code. For the reference device.
 */
export function forEachReading(
  geometry: PoolGeometry,
  visit: (input: number, output: number, code: number) => void,
): void {
  const { batch, channels, inputSizes, outputSizes, windows } = geometry;
  const reaches = reachesOf(geometry);
  for (let image = 0; image < batch; image++)
    forEachTap(reaches, inputSizes, windowSizes(geometry), (inputPixel, outputPixel, tap) => {
      const input = (image * sizeOf(inputSizes) + inputPixel) * channels;
      const output = (image * sizeOf(outputSizes) + outputPixel) * channels;
      const code = windows === undefined ? inputPixel : tap;
      for (let channel = 0; channel < channels; channel++) visit(input + channel, output + channel, code);
    });
}
