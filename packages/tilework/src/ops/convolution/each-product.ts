import { sizeOf } from "../../tensor/shape.ts";
import type { ConvolutionGeometry } from "./convolution-shapes.ts";
import { forEachTap } from "./each-tap.ts";
import type { Window } from "./window.ts";
import { reachOf } from "./window-taps.ts";

/**
 * Visits every (image, output pixel, tap) that reads a real input pixel, with the row-major numbers of the input
 * pixel and of the output pixel over all images, and of the tap. For the reference device.
 */
export function forEachProduct(
  geometry: {
    readonly batch: number;
    readonly windows: readonly Window[];
    readonly inputSizes: readonly number[];
    readonly outputSizes: readonly number[];
  },
  visit: (inputPixel: number, outputPixel: number, tap: number) => void,
): void {
  const { batch, windows, inputSizes, outputSizes } = geometry;
  const reaches = windows.map((window, axis) => reachOf(window, inputSizes[axis]!));
  const taps = windows.map(({ size }) => size);
  for (let image = 0; image < batch; image++)
    forEachTap(reaches, inputSizes, taps, (inputPixel, outputPixel, tap) =>
      visit(image * sizeOf(inputSizes) + inputPixel, image * sizeOf(outputSizes) + outputPixel, tap),
    );
}

/**
 * For a convolution's reference: visits every (image, output pixel, tap, channel) that reads a real element, with the
 * offset of that element in the input, and where the filters of its group start in the kernel and in the output.
 */
export function forEachKernelRow(
  geometry: ConvolutionGeometry,
  visit: (element: number, kernelRow: number, outputRow: number) => void,
): void {
  const { groups, channels, filters } = geometry;
  forEachProduct(geometry, (inputPixel, outputPixel, tap) => {
    for (let group = 0; group < groups; group++)
      for (let channel = 0; channel < channels; channel++)
        visit(
          (inputPixel * groups + group) * channels + channel,
          ((tap * channels + channel) * groups + group) * filters,
          (outputPixel * groups + group) * filters,
        );
  });
}
