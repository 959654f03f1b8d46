/**
 * An honest stand-in for a colour data set, since none ships in a package registry: ten classes of shapes and
 * textures, drawn anew for every image. Place, size, turn, colours, contrast and noise are random and tell
 * nothing about the class, and every image has a distracting blob: learnable, but not by a single pixel.
 */

/** What the classes show, by label. */
export const classNames = [
  "disc",
  "square",
  "triangle",
  "ring",
  "cross",
  "stripes",
  "checks",
  "dots",
  "rays",
  "waves",
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
  const scale = 0.22 + 0.16 * random();
  const centre = [0.35 + 0.3 * random(), 0.35 + 0.3 * random()] as const;
  const turn = 2 * Math.PI * random();
  const blob = {
    x: random(),
    y: random(),
    radius: 0.05 + 0.08 * random(),
    colour: [random(), random(), random()],
  };
  const noise = 0.05 + 0.15 * random();
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size;
      const y = (row + 0.5) / size;
      const u = ((x - centre[0]) * Math.cos(turn) + (y - centre[1]) * Math.sin(turn)) / scale;
      const v = ((y - centre[1]) * Math.cos(turn) - (x - centre[0]) * Math.sin(turn)) / scale;
      const inBlob = Math.hypot(x - blob.x, y - blob.y) < blob.radius;
      const colour = inBlob ? blob.colour : isInside(label, u, v) ? foreground : background;
      for (let channel = 0; channel < 3; channel++) {
        const value = colour[channel]! + noise * (random() - 0.5);
        pixels[(row * size + column) * 3 + channel] = Math.min(1, Math.max(0, value));
      }
    }
  }
}

/** Whether the class' figure covers a point, in coordinates where it is about 1 wide on each side of 0. */
function isInside(label: number, u: number, v: number): boolean {
  const radius = Math.hypot(u, v);
  const inDisc = radius < 1.3;
  switch (classNames[label]) {
    case "disc":
      return radius < 1;
    case "square":
      return Math.max(Math.abs(u), Math.abs(v)) < 0.9;
    case "triangle":
      return v > -0.7 && v < 1.1 - 1.8 * Math.abs(u);
    case "ring":
      return radius > 0.65 && radius < 1.1;
    case "cross":
      return Math.min(Math.abs(u), Math.abs(v)) < 0.28 && Math.max(Math.abs(u), Math.abs(v)) < 1.1;
    case "stripes":
      return inDisc && Math.floor(u * 2.5 + 100) % 2 === 0;
    case "checks":
      return inDisc && (Math.floor(u * 2.2 + 100) + Math.floor(v * 2.2 + 100)) % 2 === 0;
    case "dots":
      return inDisc && Math.hypot(((u * 1.6 + 100) % 1) - 0.5, ((v * 1.6 + 100) % 1) - 0.5) < 0.3;
    case "rays":
      return inDisc && Math.floor((Math.atan2(v, u) / Math.PI) * 5 + 100) % 2 === 0;
    case "waves":
      return inDisc && Math.sin(u * 4 + 2 * Math.sin(v * 4)) > 0.2;
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
