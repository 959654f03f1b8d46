import { expect, test } from "vitest";
import { addIndex, axisIndex } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { borderLoss } from "./border-rows.ts";
import { type NestWork, workOf } from "./nest-work.ts";

const row = 0;

/** Sums of three neighbours, with or without a border of one. */
function sums(size: number, isPadded: boolean): NestWork {
  const nest = new NestBuilder("sums");
  const at = nest.space("row", size);
  const tap = nest.reduction("tap", 3);
  const index = addIndex(axisIndex(at), axisIndex(tap, 1, isPadded ? -1 : 0));
  if (isPadded) nest.guard(index, size);
  const x = { name: "x", dtype: "float32", shape: [isPadded ? size : size + 2] } as const;
  const [sum] = nest.reduce([{ op: "add", value: nest.load(x, [index]) }]);
  nest.store({ name: "y", dtype: "float32", shape: [size] }, [axisIndex(at)], sum!);
  return workOf(nest.build());
}

test("without a border nothing is lost", () => {
  expect(
    borderLoss(
      sums(7, false),
      row,
      [
        [4, 1],
        [3, 1],
      ],
      () => 4,
    ),
  ).toBe(1);
});

test("steps as long as their rows lose nothing at a border", () => {
  expect(
    borderLoss(
      sums(7, true),
      row,
      [
        [4, 1],
        [3, 1],
      ],
      (rows) => rows,
    ),
  ).toBe(1);
});

test("steps that take as long whatever their rows are lose what their part of the rows would save", () => {
  const steps = { taken: 4 * 6, due: 4 * (3 / 4 + 1 + 1) + 4 * (1 + 1 + 2 / 3) };
  expect(
    borderLoss(
      sums(7, true),
      row,
      [
        [4, 1],
        [3, 1],
      ],
      () => 4,
    ),
  ).toBeCloseTo(steps.taken / steps.due, 12);
});
