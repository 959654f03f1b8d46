import { expect, test } from "vitest";
import { input, type Program } from "../graph/program.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { compileProgram } from "./compile.ts";
import { type Plan, scratchBytes } from "./plan.ts";
import { wasmTarget } from "./target.ts";

const x = input("x", { shape: [16, 24, 24, 32], dtype: "float32" });
const kernel = input("kernel", { shape: [3, 3, 32, 32], dtype: "float32" });
const program: Program = {
  inputs: { x, kernel },
  outputs: { y: convolution(x, kernel, {}) },
  updates: [],
};

function slicesOf(plan: Plan): string[] {
  return plan.buffers.flatMap(({ buffer, placement }) => (placement.region === "slice" ? [buffer.name] : []));
}

test("what kernels of a stage hand to each other image by image exists for one image a worker", () => {
  const plan = compileProgram(program, wasmTarget);
  expect(slicesOf(plan)).toEqual(["winogradData", "winogradProducts"]);
  const image = 16 * 11 * 11 * 32 * 4;
  expect(plan.sliceBytes).toBeGreaterThanOrEqual(2 * image);
  expect(plan.sliceBytes).toBeLessThan(2.2 * image);
});

test("inputs and outputs exist as a whole", () => {
  const { buffers, inputs, outputs } = compileProgram(program, wasmTarget);
  for (const at of [...Object.values(inputs), ...Object.values(outputs)])
    expect(buffers[at]!.placement.region).toBe("arena");
});

test("however many workers there are, parts never take more memory than the whole", () => {
  const whole = compileProgram(program, wasmTarget, { workers: 16 });
  expect(slicesOf(whole)).toEqual([]);
  for (const workers of [1, 2, 15])
    expect(scratchBytes(compileProgram(program, wasmTarget, { workers }), workers)).toBeLessThan(
      scratchBytes(whole, workers),
    );
});
