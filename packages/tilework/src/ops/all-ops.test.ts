import { expect, test } from "vitest";
import { nodesOf } from "../graph/program.ts";
import { checkOp, programOf } from "../testing/check-op.ts";
import { allOpCases } from "../testing/op-cases/all-op-cases.ts";
import { allOps } from "./all-ops.ts";

test.each(allOpCases)("$title: nests, reference and gradient agree", (opCase) => {
  checkOp(opCase);
});

test("every op stands in some case", () => {
  const used = new Set(
    allOpCases.flatMap((opCase) => opNames(Object.values(programOf(opCase).program.outputs))),
  );
  expect(allOps.map((op) => op.name).filter((name) => !used.has(name))).toEqual([]);
});

test("ops have different names", () => {
  expect(new Set(allOps.map((op) => op.name)).size).toBe(allOps.length);
});

function opNames(values: Parameters<typeof nodesOf>[0]): string[] {
  return nodesOf(values).map((node) => node.op.name);
}
