import fc from "fast-check";
import { expect, test } from "vitest";
import { type RandomProgram, randomProgram } from "../../testing/random-program.ts";
import { runLowered } from "../../testing/run-nests.ts";
import { type LoweredProgram, lowerProgram } from "../lower.ts";
import { placeUpdates } from "../place-updates.ts";
import { fuseNests } from "./fuse.ts";

/** Everything that a step leaves behind, as bits: outputs and the variables' new values. */
function bitsAfter(lowered: LoweredProgram, { program, feeds }: RandomProgram): Record<string, number[]> {
  const variables = new Map([...lowered.variables].map(([variable, buffer]) => [variable.name, buffer]));
  const start = Object.fromEntries(
    [...variables].map(([name, { shape }]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, Float32Array.from({ length: size }, (_, i) => Math.cos(i + name.length) / 2)];
    }),
  );
  const results = runLowered(
    {
      nests: lowered.nests,
      inputs: new Map([...lowered.inputs, ...variables]),
      outputs: new Map([...lowered.outputs, ...variables]),
    },
    { ...feeds, ...start },
  );
  expect(Object.keys(results).length).toBeGreaterThanOrEqual(Object.keys(program.outputs).length);
  return Object.fromEntries(Object.entries(results).map(([name, data]) => [name, bits(data)]));
}

/** NaNs count as equal: their bits depend on the order of operands. */
function bits(data: ArrayLike<number>): number[] {
  const floats = Float32Array.from(data);
  return Array.from(new Int32Array(floats.buffer), (word, at) =>
    Number.isNaN(floats[at]!) ? 0x7fc00000 : word,
  );
}

test("fusion changes no bit of any output or variable", () => {
  fc.assert(
    fc.property(randomProgram, (random) => {
      const lowered = lowerProgram(random.program);
      const fused = placeUpdates(fuseNests(lowered));
      expect(bitsAfter(fused, random)).toEqual(bitsAfter(placeUpdates(lowered), random));
    }),
    { numRuns: 150 },
  );
});

test("fusion removes most nests of a training step", () => {
  const counts = fc.sample(randomProgram, { numRuns: 100, seed: 1 }).map(({ program }) => {
    const lowered = lowerProgram(program);
    return fuseNests(lowered).nests.length / lowered.nests.length;
  });
  const mean = counts.reduce((sum, ratio) => sum + ratio, 0) / counts.length;
  expect(mean).toBeLessThan(0.75);
});
