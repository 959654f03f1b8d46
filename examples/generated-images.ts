/**
 * An honest stand-in for a colour data set, since none ships in a package registry: ten classes of shapes and
 * textures, drawn anew for every image. Place, size, turn, colours, contrast and noise are random and tell
 * nothing about the class, and every image has a distracting blob: learnable, but not by a single pixel.
 */

/** What the classes show, by label: two outlines, and eight textures on a disc. */
export const classNames = [
  "disc",
  "cross",
  "rows",
  "columns",
  "slants",
  "checks",
  "dots",
  "rings",
  "grid",
  "grain",
] as const;

export interface GeneratedImages {
  /** Red, green, blue from 0 to 1, shape [count, size, size, 3]. */
  readonly images: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** One-hot rows, shape [count, 10]. */
  readonly labels: { readonly data: Float32Array; readonly shape: readonly number[] };
}

/** `count` images of size x size pixels, classes in turn; the same seed draws the same images. */
export function generateImages(count: number, size: number, seed: number): GeneratedImages {
  const random = randomNumbers(seed);
  const data = new Float32Array(count * size * size * 3);
  const labels = new Float32Array(count * classNames.length);
  for (let image = 0; image < count; image++) {
    const label = image % classNames.length;
    labels[image * classNames.length + label] = 1;
    drawImage(data.subarray(image * size * size * 3, (image + 1) * size * size * 3), size, label, random);
  }
  return {
    images: { data, shape: [count, size, size, 3] },
    labels: { data: labels, shape: [count, classNames.length] },
  };
}

function drawImage(pixels: Float32Array, size: number, label: number, random: () => number): void {
  const background = [random(), random(), random()];
  const foreground = background.map((value) => (value + 0.35 + 0.3 * random()) % 1);
  const radius = size * (0.28 + 0.16 * random());
  const centre = [size * (0.4 + 0.2 * random()), size * (0.4 + 0.2 * random())] as const;
  const turn = (Math.PI / 12) * (random() - 0.5);
  const period = 3.5 + 1.5 * random();
  const blob = {
    x: size * random(),
    y: size * random(),
    radius: size * (0.05 + 0.06 * random()),
    colour: [random(), random(), random()],
  };
  const noise = 0.05 + 0.1 * random();
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = [column + 0.5 - centre[0], row + 0.5 - centre[1]];
      const u = x * Math.cos(turn) + y * Math.sin(turn);
      const v = y * Math.cos(turn) - x * Math.sin(turn);
      const inBlob = Math.hypot(column - blob.x, row - blob.y) < blob.radius;
      const colour = inBlob
        ? blob.colour
        : isInside(label, u, v, radius, period, random)
          ? foreground
          : background;
      for (let channel = 0; channel < 3; channel++) {
        const value = colour[channel]! + noise * (random() - 0.5);
        pixels[(row * size + column) * 3 + channel] = Math.min(1, Math.max(0, value));
      }
    }
  }
}

/** Whether the class' figure covers a point; u and v are pixels from its centre, the period of textures is in pixels. */
function isInside(
  label: number,
  u: number,
  v: number,
  radius: number,
  period: number,
  random: () => number,
): boolean {
  const distance = Math.hypot(u, v);
  const inDisc = distance < radius;
  const wave = (position: number): number => Math.sin((2 * Math.PI * position) / period);
  switch (classNames[label]) {
    case "disc":
      return inDisc;
    case "cross":
      return (
        Math.min(Math.abs(u), Math.abs(v)) < 0.25 * radius && Math.max(Math.abs(u), Math.abs(v)) < radius
      );
    case "rows":
      return inDisc && wave(v) > 0;
    case "columns":
      return inDisc && wave(u) > 0;
    case "slants":
      return inDisc && wave((u + v) * Math.SQRT1_2) > 0;
    case "checks":
      return inDisc && wave(u) * wave(v) > 0;
    case "dots":
      return inDisc && wave(u) + wave(v) > 0.9;
    case "rings":
      return inDisc && wave(distance) > 0;
    case "grid":
      return inDisc && Math.max(wave(u), wave(v)) > 0.75;
    case "grain":
      return inDisc && random() > 0.5;
    default:
      return false;
  }
}

/** A small generator of uniform numbers in [0, 1): 32-bit state, mixed by two multiplications. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
