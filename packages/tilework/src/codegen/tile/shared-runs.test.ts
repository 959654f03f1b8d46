import { expect, test } from "vitest";
import type { Schedule } from "../../compiler/schedule.ts";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { avx512Target } from "../../compiler/target.ts";
import type { Nest } from "../../kernel/nest.ts";
import { overlappingMaxPoolingBackward } from "../../testing/hard-poolings.ts";
import type { Statement } from "../kernel-code.ts";
import { emitKernel } from "./emit-kernel.ts";

const target = avx512Target;
const nestOf = (stride: number): Nest => overlappingMaxPoolingBackward(3, stride, true, 64).nests[0]!;
const axisOf = (nest: Nest, name: string): number => nest.axes.findIndex((axis) => axis.name === name);

function countIn(body: readonly Statement[], counted: (statement: Statement) => boolean): number {
  return body.reduce((count, statement) => {
    if (statement.op === "loop") return count + countIn(statement.body, counted);
    if (statement.op === "if")
      return count + countIn(statement.yes, counted) + countIn(statement.no, counted);
    return count + (counted(statement) ? 1 : 0);
  }, 0);
}

/** Loads of codes and sums of shares, in all the code of a nest. */
function countOf(nest: Nest, schedule: Schedule): { codes: number; sums: number } {
  const { body } = emitKernel({ nest, schedule, target });
  return {
    codes: countIn(body, (statement) => statement.op === "load" && statement.type === "u8"),
    sums: countIn(body, ({ op }) => op === "addWhere"),
  };
}

test("pixels of all phases load each of their four windows once", () => {
  const nest = nestOf(2);
  const schedule = scheduleNest(nest, target);
  const phases = ["hp", "wp"].map((name) => ({ axis: axisOf(nest, name), count: 2 }));
  expect(schedule.rows).toEqual(phases);
  const { codes, sums } = countOf(nest, schedule);
  expect(codes / sums).toBeCloseTo(4 / 9, 9);
});

test("rows of an image load the windows between them once", () => {
  const nest = nestOf(1);
  const order = ["n", "hq", "wq", "c"].map((name) => axisOf(nest, name));
  const schedule = {
    ...scheduleNest(nest, target),
    rows: [{ axis: axisOf(nest, "hq"), count: 4 }],
    order: [...order, ...nest.space.filter((axis) => !order.includes(axis))],
    taskLoops: 1,
    unroll: 9,
  };
  const { codes, sums } = countOf(nest, schedule);
  expect(codes).toBeLessThan(0.6 * sums);
});
