import { expect, test } from "vitest";
import type { Variable } from "../graph/value.ts";
import { mul } from "../kernel/build-expression.ts";
import { axisIndex, constantIndex } from "../kernel/index-expression.ts";
import type { Buffer } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import type { LoweredProgram } from "./lower.ts";
import { placeUpdates } from "./place-updates.ts";

const weight: Buffer = { name: "weight", dtype: "float32", shape: [2, 8] };
const result: Buffer = { name: "result", dtype: "float32", shape: [2, 8] };
const variable: Variable = { name: "weight", shape: [2, 8], dtype: "float32" };

interface Row {
  readonly from: number;
  readonly to: number;
  /** Reads the first column only. */
  readonly first?: boolean;
}

/** A nest that squares rows of the weight into rows of the result, each in a store of its own. */
function squares(rows: readonly Row[]): LoweredProgram {
  const nest = new NestBuilder("squares");
  const column = axisIndex(nest.space("column", 8));
  for (const { from, to, first } of rows) {
    const value = nest.load(weight, [constantIndex(from), first ? constantIndex(0) : column]);
    nest.store(result, [constantIndex(to), column], mul(value, value));
  }
  return {
    nests: [{ nest: nest.build(), origin: "squares" }],
    inputs: new Map(),
    outputs: new Map(),
    variables: new Map([[variable, weight]]),
    updates: [{ variable, buffer: result }],
  };
}

test.each([
  {
    title: "each store replaces what it reads",
    rows: [
      { from: 0, to: 0 },
      { from: 1, to: 1 },
    ],
  },
  {
    title: "a point's stores replace what its loads read",
    rows: [
      { from: 1, to: 0 },
      { from: 0, to: 1 },
    ],
  },
])("a nest with several stores writes the variable itself where $title", ({ rows }) => {
  const { nests } = placeUpdates(squares(rows));
  expect(nests).toHaveLength(1);
  const names = nests[0]!.nest.buffers.map(({ name }) => name);
  expect(names).toContain("weight");
  expect(names).not.toContain("result");
});

test.each<{ title: string; rows: Row[] }>([
  {
    title: "what another point replaces is read",
    rows: [
      { from: 0, to: 0, first: true },
      { from: 1, to: 1 },
    ],
  },
  {
    title: "two stores write the same elements",
    rows: [
      { from: 0, to: 0 },
      { from: 0, to: 0 },
    ],
  },
])("a copy does it where $title", ({ rows }) => {
  const { nests } = placeUpdates(squares(rows));
  expect(nests.map(({ nest }) => nest.name)).toEqual(["squares", "copy weight"]);
});
