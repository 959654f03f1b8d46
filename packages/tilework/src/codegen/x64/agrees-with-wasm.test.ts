import { describe, expect, test } from "vitest";
import type { Elements, Lanes } from "../../testing/kernel-cases.ts";
import type { KernelRun } from "../../testing/kernel-run.ts";
import { inputsOf, type RandomKernelShape, randomKernel } from "../../testing/random-kernel.ts";
import { runWasmKernel } from "../../testing/run-wasm-kernel.ts";
import { canRunX64, runX64Kernels } from "../../testing/run-x64-kernels.ts";

const shapes: Record<string, RandomKernelShape> = {
  "few registers": { floats: 4, words: 2, masks: 2, integers: 3, statements: 30 },
  "more integers than registers": { floats: 5, words: 3, masks: 2, integers: 24, statements: 60 },
  "more vectors than registers": { floats: 40, words: 20, masks: 4, integers: 4, statements: 80 },
  "more masks than registers": { floats: 6, words: 4, masks: 14, integers: 4, statements: 80 },
  "more of everything": { floats: 30, words: 24, masks: 12, integers: 20, statements: 150 },
};
const seeds = Array.from({ length: 60 }, (_, seed) => 1000 + 17 * seed);
const lanesOf = { avx2: 8, avx512: 16 } as const;

function runOf(seed: number, lanes: Lanes, shape: RandomKernelShape): KernelRun {
  const results = (shape.floats + shape.words + shape.masks + shape.integers) * 16;
  const buffers = [inputsOf(shape), new Float32Array(results)];
  return { kernel: randomKernel(seed, lanes, shape), buffers, ranges: [[0, 1]] };
}

/** The bits of the first four lanes of each register; all NaNs count as equal. */
function firstLanes(results: Elements, shape: RandomKernelShape): number[] {
  const floats = new Float32Array(results.buffer);
  const bits = new Int32Array(results.buffer);
  const nan = 0x7fc00000;
  return Array.from(bits, (word, at) => {
    const register = Math.floor(at / 16);
    const float = register < shape.floats;
    return at % 16 >= 4 ? 0 : float && Number.isNaN(floats[at]!) ? nan : word;
  });
}

describe.each(["avx2", "avx512"] as const)("%s", (cpu) => {
  test.skipIf(!canRunX64(cpu)).each(Object.entries(shapes))("random kernels with %s", (_, shape) => {
    const machine = runX64Kernels(
      seeds.map((seed) => runOf(seed, lanesOf[cpu], shape)),
      cpu,
    );
    seeds.forEach((seed, at) => {
      const run = runOf(seed, 4, shape);
      const [, expected] = runWasmKernel(run);
      expect(firstLanes(machine[at]![1]!, shape), run.kernel.name).toEqual(firstLanes(expected!, shape));
    });
  });
});
