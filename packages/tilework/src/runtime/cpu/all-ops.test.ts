import { afterAll, describe, expect, test } from "vitest";
import { programOf, referenceOutputs } from "../../testing/check-op.ts";
import { allOpCases } from "../../testing/op-cases/all-op-cases.ts";
import type { OpCase } from "../../testing/op-cases/op-case.ts";
import { runNests } from "../../testing/run-nests.ts";
import { canRunX64 } from "../../testing/run-x64-kernels.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { type HostData, hostData } from "../device.ts";
import { type CpuDeviceOptions, createCpuDevice } from "./device.ts";
import { compilerToolchain } from "./program/toolchain.ts";

interface TestedDevice {
  readonly title: string;
  readonly options: Pick<CpuDeviceOptions, "kind" | "instructions">;
  readonly runs: boolean;
}

const devices: readonly TestedDevice[] = [
  { title: "wasm", options: { kind: "wasm" }, runs: true },
  {
    title: "x64, AVX-512",
    options: { kind: "x64", instructions: "avx512" },
    runs: canRunX64("avx512"),
  },
  { title: "x64, AVX2", options: { kind: "x64", instructions: "avx2" }, runs: canRunX64("avx2") },
];

/** NaNs count as equal: their bits depend on the order of operands. */
function bits(data: ArrayLike<number>): number[] {
  const floats = Float32Array.from(data);
  return Array.from(new Int32Array(floats.buffer), (word, at) =>
    Number.isNaN(floats[at]!) ? 0x7fc00000 : word,
  );
}

/** What the interpreter computes; once for all devices. */
const interpretedCases = new Map<OpCase, ReturnType<typeof runNests>>();

function interpreted(opCase: OpCase): ReturnType<typeof runNests> {
  const known = interpretedCases.get(opCase);
  if (known !== undefined) return known;
  const { program, feeds } = programOf(opCase);
  const outputs = runNests(program, feeds);
  interpretedCases.set(opCase, outputs);
  return outputs;
}

describe.each(devices)("every op, compiled, fused and run by two workers: $title", ({ options, runs }) => {
  const device = createCpuDevice({
    ...options,
    threads: 2,
    soloMicroseconds: 0,
    toolchain: compilerToolchain,
  });
  afterAll(() => device.close());

  test.skipIf(!runs).each(allOpCases.map((opCase) => [opCase.title, opCase] as const))(
    "%s",
    async (_, opCase) => {
      const checked = programOf(opCase);
      const { program, feeds } = checked;
      const executable = await device.load(program);
      const step = Object.fromEntries(
        Object.entries(program.inputs).map(([name, value]): [string, HostData] => [
          name,
          hostData(value.dtype, feeds[name]!),
        ]),
      );
      const [outputs] = await executable.run(device.createStore(), [step]);
      const expected = referenceOutputs(checked);
      for (const name of Object.keys(program.outputs)) {
        expect(bits(outputs![name]!), `${name} against the interpreted nests, bit for bit`).toEqual(
          bits(interpreted(opCase)[name]!),
        );
        const tolerance = tolerances[name === "result" ? (opCase.tolerance ?? "exact") : "sum"];
        expect(
          firstDifference(outputs![name]!, expected[name]!, tolerance),
          `${name} against float64`,
        ).toBeUndefined();
      }
    },
  );
});
