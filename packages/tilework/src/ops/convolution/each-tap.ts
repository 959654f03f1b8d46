import { sizeOf, stridesOf } from "../../tensor/shape.ts";

/**
 * What a window sees along one axis, written out: `reach[o]` lists, for output o, pairs of an input position and the
 * tap that reads it, taps ascending.
 */
export type Reach = readonly (readonly (readonly [position: number, tap: number])[])[];

/**
 * Visits every (output pixel, tap) that reads a real input pixel: output pixels in row-major order, for each its
 * taps in row-major order. Pixels and taps are row-major numbers. For the reference device.
 */
export function forEachTap(
  reaches: readonly Reach[],
  inputSizes: readonly number[],
  tapSizes: readonly number[],
  visit: (inputPixel: number, outputPixel: number, tap: number) => void,
): void {
  const outputs = reaches.map((reach) => reach.length);
  const inputStrides = stridesOf(inputSizes);
  const tapStrides = stridesOf(tapSizes);
  const outputStrides = stridesOf(outputs);
  const descend = (outputPixel: number, axis: number, inputPixel: number, tap: number): void => {
    if (axis === reaches.length) {
      visit(inputPixel, outputPixel, tap);
      return;
    }
    const at = Math.floor(outputPixel / outputStrides[axis]!) % outputs[axis]!;
    for (const [position, step] of reaches[axis]![at]!)
      descend(
        outputPixel,
        axis + 1,
        inputPixel + position * inputStrides[axis]!,
        tap + step * tapStrides[axis]!,
      );
  };
  const count = sizeOf(outputs);
  for (let outputPixel = 0; outputPixel < count; outputPixel++) descend(outputPixel, 0, 0, 0);
}
