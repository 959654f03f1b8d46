import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { Buffer } from "../kernel/nest.ts";
import { alignment, type Lifetime, type MemoryPlan, planMemory } from "./plan-memory.ts";

interface Given {
  readonly units: number;
  readonly first: number;
  readonly last: number;
}

function lifetimes(given: readonly Given[]): Lifetime[] {
  return given.map(({ units, first, last }, i): Lifetime => {
    const buffer: Buffer = { name: `b${i}`, dtype: "uint8", shape: [units * alignment] };
    return { buffer, bytes: units * alignment, first, last };
  });
}

/** What every plan must keep: no two buffers share a byte while both are needed. */
function expectValid(lives: readonly Lifetime[], plan: MemoryPlan): void {
  const blocks = lives.map((life) => ({ ...life, offset: plan.offsets.get(life.buffer)! }));
  const collisions: [string, string][] = [];
  for (const [i, a] of blocks.entries()) {
    expect(a.offset % alignment).toBe(0);
    expect(a.offset + a.bytes).toBeLessThanOrEqual(plan.bytes);
    for (const b of blocks.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last;
      const apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
      if (together && !apart) collisions.push([a.buffer.name, b.buffer.name]);
    }
  }
  expect(collisions).toEqual([]);
  let most = 0;
  for (let stage = 0; stage < 64; stage++) {
    const alive = lives.filter(({ first, last }) => first <= stage && stage <= last);
    most = Math.max(
      most,
      alive.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  }
  expect(plan.liveBytes).toBe(most);
  expect(plan.bytes).toBeGreaterThanOrEqual(most);
}

const size = constantFrom(1, 1, 2, 3, 4, 5, 8, 13, 16, 27, 32, 64, 100, 128);

const anyLives = array(
  record({ units: size, first: integer({ min: 0, max: 40 }), length: integer({ min: 0, max: 20 }) }),
  { maxLength: 60 },
).map((given) => given.map(({ units, first, length }) => ({ units, first, last: first + length })));

/** A training step: each layer's result lives until its own backward pass, each derivative until the next. */
const trainingLives = array(record({ result: size, temporary: size, weights: size }), {
  minLength: 1,
  maxLength: 15,
}).map((layers) =>
  layers.flatMap(({ result, temporary, weights }, i): Given[] => {
    const back = 2 * layers.length - i;
    return [
      { units: result, first: i, last: back },
      { units: temporary, first: i, last: i },
      { units: result, first: back, last: back + 1 },
      { units: temporary, first: back, last: back },
      { units: weights, first: back, last: back + 1 },
    ];
  }),
);

test("no two buffers share memory while both are needed, whatever their lives", () => {
  assert(
    property(anyLives, (given) => {
      const lives = lifetimes(given);
      expectValid(lives, planMemory(lives));
    }),
    { numRuns: 300 },
  );
});

test("lives of a training step are packed to at most 1.15 times what is alive at once", () => {
  assert(
    property(trainingLives, (given) => {
      const lives = lifetimes(given);
      const plan = planMemory(lives);
      expectValid(lives, plan);
      expect(plan.bytes / plan.liveBytes).toBeLessThanOrEqual(1.15);
    }),
    { numRuns: 300, seed: 4 },
  );
});

test("random lives are packed to at most 1.15 times what is alive at once", () => {
  assert(
    property(anyLives, (given) => {
      const lives = lifetimes(given);
      const plan = planMemory(lives);
      if (lives.length > 0) expect(plan.bytes / plan.liveBytes).toBeLessThanOrEqual(1.15);
    }),
    { numRuns: 300, seed: 4 },
  );
});

test("buffers of whole pages that are needed together start in different sets of a cache", () => {
  const pages = 4096 / alignment;
  const units = [25 * pages, 9 * pages, 25 * pages];
  const { offsets, bytes } = planMemory(lifetimes(units.map((each) => ({ units: each, first: 0, last: 0 }))));
  const starts = [...offsets.values()].map((offset) => offset % 4096);
  for (const [i, a] of starts.entries())
    for (const b of starts.slice(i + 1))
      expect(Math.min(Math.abs(a - b), 4096 - Math.abs(a - b))).toBeGreaterThan(512);
  expect(bytes).toBeLessThan(1.02 * alignment * units.reduce((sum, each) => sum + each, 0));
});
