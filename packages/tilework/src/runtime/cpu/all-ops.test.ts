import { afterAll, describe, expect, test } from "vitest";
import { byteSize } from "../../tensor/dtype.ts";
import { programOf, referenceOutputs } from "../../testing/check-op.ts";
import { allOpCases } from "../../testing/op-cases/all-op-cases.ts";
import { runNests } from "../../testing/run-nests.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import type { HostData } from "../device.ts";
import { createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./toolchain.ts";

const device = createCpuDevice({ kind: "wasm", threads: 2, toolchain: compilerToolchain });
afterAll(() => device.close());

/** NaNs count as equal: their bits depend on the order of operands. */
function bits(data: ArrayLike<number>): number[] {
  const floats = Float32Array.from(data);
  return Array.from(new Int32Array(floats.buffer), (word, at) =>
    Number.isNaN(floats[at]!) ? 0x7fc00000 : word,
  );
}

describe("every op, compiled, fused and run by two workers", () => {
  test.each(allOpCases.map((opCase) => [opCase.title, opCase] as const))("%s", async (_, opCase) => {
    const checked = programOf(opCase);
    const { program, feeds } = checked;
    const executable = await device.load(program);
    const step = Object.fromEntries(
      Object.entries(program.inputs).map(([name, value]): [string, HostData] => [
        name,
        value.dtype === "float32"
          ? Float32Array.from(feeds[name]!)
          : byteSize[value.dtype] === 4
            ? Int32Array.from(feeds[name]!)
            : Uint8Array.from(feeds[name]!),
      ]),
    );
    const [outputs] = await executable.run(device.createStore(), [step]);
    const interpreted = runNests(program, feeds);
    const expected = referenceOutputs(checked);
    for (const name of Object.keys(program.outputs)) {
      expect(bits(outputs![name]!), `${name} against the interpreted nests, bit for bit`).toEqual(
        bits(interpreted[name]!),
      );
      const tolerance = tolerances[name === "result" ? (opCase.tolerance ?? "exact") : "sum"];
      expect(
        firstDifference(outputs![name]!, expected[name]!, tolerance),
        `${name} against float64`,
      ).toBeUndefined();
    }
  });
});
