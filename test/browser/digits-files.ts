/** Writes the digits that the page loads. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadDigits } from "../../examples/digits.ts";

const size = 28 * 28;

/** Writes `count` real digits, classes in turn, as images.bin (float32) and labels.bin (int32). */
export function writeDigits(folder: string, count: number): void {
  const { images, labels } = loadDigits().test;
  const perClass = labels.length / 10;
  const order = Array.from({ length: count }, (_, at) => (at % 10) * perClass + Math.floor(at / 10));
  const pixels = new Float32Array(count * size);
  order.forEach((from, at) => {
    pixels.set(images.data.subarray(from * size, (from + 1) * size), at * size);
  });
  writeFileSync(join(folder, "images.bin"), pixels);
  writeFileSync(
    join(folder, "labels.bin"),
    Int32Array.from(order, (from) => labels[from]!),
  );
}
