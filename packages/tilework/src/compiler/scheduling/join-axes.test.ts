import fc from "fast-check";
import { expect, test } from "vitest";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, scaleIndex } from "../../kernel/index-expression.ts";
import { type Elements, interpretNest } from "../../kernel/interpret.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { verifyNest } from "../../kernel/verify.ts";
import { maxPoolBackward } from "../../ops/pooling/max-pool-backward.ts";
import { hardNests } from "../../testing/hard-nests.ts";
import { memoryOf, tensor } from "../../testing/nest-case.ts";
import { bitsOf } from "../../testing/nest-runs.ts";
import { randomNest } from "../../testing/random-nest.ts";
import { runOp } from "../../testing/run-op.ts";
import { scheduleNest } from "../schedule-nest.ts";
import { avx512Target } from "../target.ts";
import { joinedNests } from "./join-axes.ts";
import { lanePeriod } from "./lane-period.ts";

function results(nest: Nest, memory: ReadonlyMap<Buffer, Elements>): Elements[] {
  const copies = new Map([...memory].map(([buffer, elements]) => [buffer, elements.slice()]));
  interpretNest(nest, (buffer) => copies.get(buffer)!);
  return [...copies.values()];
}

function expectTheSame(nest: Nest, memory: ReadonlyMap<Buffer, Elements>): number {
  const joined = joinedNests(nest, 16);
  const expected = results(nest, memory).map(bitsOf);
  for (const each of joined) {
    expect(() => verifyNest(each)).not.toThrow();
    expect(results(each, memory).map(bitsOf)).toEqual(expected);
  }
  return joined.length;
}

test("joined axes compute the same bits, provably within the buffers", () => {
  let found = 0;
  for (const each of hardNests) {
    const memory = memoryOf(each);
    for (const nest of each.nests) {
      found += expectTheSame(nest, memory);
      interpretNest(nest, (buffer) => memory.get(buffer)!);
    }
  }
  expect(found).toBeGreaterThan(10);
});

test("joined axes of random nests compute the same bits", () => {
  fc.assert(
    fc.property(randomNest, ({ nest, contents }) => {
      expectTheSame(nest, contents);
    }),
    { numRuns: 150, seed: 3 },
  );
});

/** Each channel times `multiplier` factors. */
function depthwise(channels: number, multiplier: number): Nest {
  const nest = new NestBuilder("depthwise");
  const [pixel, channel, copy] = [
    axisIndex(nest.space("pixel", 8)),
    axisIndex(nest.space("channel", channels)),
    axisIndex(nest.space("copy", multiplier)),
  ];
  const x = nest.load(tensor("x", [8, channels]), [pixel, channel]);
  const factor = nest.load(tensor("factors", [channels, multiplier]), [channel, copy]);
  const result = addIndex(scaleIndex(channel, multiplier), copy);
  nest.store(tensor("y", [8, channels * multiplier]), [pixel, result], mul(x, factor));
  return nest.build();
}

test("channels and their multiplier are one axis, across vectors in whole channels", () => {
  const [joined] = joinedNests(depthwise(20, 3), 16);
  expect(joined?.axes.map(({ name, size }) => `${name} ${size}`)).toEqual(["pixel 8", "channel copy 60"]);
  expect(lanePeriod(joined!, 1)).toBe(3);
  const { vectorAxis, vectors } = scheduleNest(joined!, avx512Target);
  expect(vectorAxis).toBe(1);
  expect((vectors * 16) % 3 === 0 || vectors * 16 >= 60).toBe(true);
});

test("an innermost axis of whole vectors stays as it is", () => {
  expect(joinedNests(depthwise(20, 16), 16)).toEqual([]);
});

test("pixels that windows read in turns are not joined: half the lanes of each step would stand idle", () => {
  const data = (): Float64Array => new Float64Array(27 * 27 * 24);
  const codes = { shape: [1, 27, 27, 24], dtype: "uint8", data: data() } as const;
  const upstream = { shape: codes.shape, dtype: "float32", data: data() } as const;
  const attributes = { pool: { window: [3, 3], strides: [2, 2] }, inputSizes: [56, 56] };
  const [nest] = runOp(maxPoolBackward.definition, [codes, upstream], attributes).nests;
  expect(nest!.axes.map(({ name }) => name)).toContain("input1Phase");
  expect(joinedNests(nest!, 16)).toEqual([]);
});

/** A signal of pixels with three channels, doubled. */
function doubled(pixels: number): Nest {
  const nest = new NestBuilder("doubled");
  const pixel = axisIndex(nest.space("pixel", pixels));
  const copy = axisIndex(nest.space("copy", 2));
  const channel = axisIndex(nest.space("channel", 3));
  const x = nest.load(tensor("x", [pixels, 3]), [pixel, channel]);
  nest.store(tensor("y", [pixels, 2, 3]), [pixel, copy, channel], x);
  return nest.build();
}

test.each([
  ["stays whole while it is short", 600, ["copy channel 6", "pixel copy channel 3600"]],
  [
    "is joined in equal parts, of whole vectors, where it is long",
    6000,
    ["copy channel 6", "pixel copy channel 720"],
  ],
  ["stays apart where it is long and has no parts", 6007, ["copy channel 6"]],
] as const)("an axis %s", (_, pixels, expected) => {
  const nest = doubled(pixels);
  const names = joinedNests(nest, 16).map((joined) => {
    const { name, size } = joined.axes[joined.space.at(-1)!]!;
    return `${name} ${size}`;
  });
  expect(names).toEqual(expected);
});
