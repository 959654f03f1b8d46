import { expect, test } from "vitest";
import { read } from "../../graph/program.ts";
import type { Variable } from "../../graph/value.ts";
import { transpose } from "../../ops/shape/transpose.ts";
import { compileProgram } from "../compile.ts";
import { wasmTarget } from "../target.ts";
import { explainPlan } from "./explain-plan.ts";

test("launches of one kernel name their own tensors", () => {
  const variables = ["first", "second", "third"].map(
    (name): Variable => ({ name, shape: [8, 8], dtype: "float32" }),
  );
  const plan = compileProgram(
    {
      inputs: {},
      outputs: {},
      updates: variables.map((variable) => ({ variable, value: transpose(read(variable), [1, 0]) })),
    },
    wasmTarget,
  );
  const copies = explainPlan(plan).kernels.filter(({ name }) => name.startsWith("copy "));
  expect(copies.map(({ name }) => name)).toEqual(["copy first", "copy second", "copy third"]);
  expect(plan.kernels.length).toBeLessThan(copies.length);
});
