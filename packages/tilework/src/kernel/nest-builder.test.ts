import { expect, test } from "vitest";
import { tensor } from "../testing/nest-case.ts";
import { f32, mul } from "./build-expression.ts";
import { axisIndex } from "./index-expression.ts";
import { guardsOfLevel, slotsOf, storageOf } from "./nest.ts";
import { NestBuilder } from "./nest-builder.ts";

test("axes are numbered as declared, levels innermost first, buffers as met", () => {
  const [x, y] = [tensor("x", [2, 3, 4]), tensor("y", [2])];
  const nest = new NestBuilder("twoLevels");
  const i = nest.space("i", 2);
  const k = nest.reduction("k", 4);
  const u = nest.outerReduction("u", 3);
  const load = nest.load(x, [axisIndex(i), axisIndex(u), axisIndex(k)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(load, load) }], { lanes: true });
  const slots = nest.reduce([
    { op: "argmax", value: sum!, position: { kind: "position", index: axisIndex(u) } },
    { op: "min", value: sum! },
  ]);
  nest.store(y, [axisIndex(i)], slots[2]!);
  const built = nest.build();
  expect([i, k, u]).toEqual([0, 1, 2]);
  expect(built.axes.map((axis) => axis.size)).toEqual([2, 4, 3]);
  expect(built.levels.map((level) => [level.axes, level.lanes, slotsOf(level)])).toEqual([
    [[1], true, 1],
    [[2], false, 3],
  ]);
  expect(slots.map((slot) => slot.kind === "accumulator" && [slot.level, slot.slot])).toEqual([
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
  expect(built.buffers).toEqual([x, y]);
});

test("guards belong to the level of their innermost reduction axis", () => {
  const nest = new NestBuilder("guards");
  const i = nest.space("i", 2);
  const k = nest.reduction("k", 4);
  const u = nest.outerReduction("u", 3);
  const guards = [[i], [i, u], [k, u], [k]].map((axes) => ({
    index: { offset: 0, terms: axes.map((axis) => ({ axis, stride: 1 })) },
    size: 2,
  }));
  for (const { index, size } of guards) nest.guard(index, size);
  nest.reduce([{ op: "add", value: f32(1) }]);
  nest.reduce([{ op: "add", value: f32(1) }]);
  const built = nest.build();
  expect(guardsOfLevel(built, 0)).toEqual([guards[2], guards[3]]);
  expect(guardsOfLevel(built, 1)).toEqual([guards[1]]);
  expect(guardsOfLevel(built, 2)).toEqual([guards[0]]);
});

test("a view's storage is the buffer at the end of the chain", () => {
  const whole = tensor("whole", [6]);
  const view = { ...tensor("view", [2, 3]), viewOf: { ...tensor("between", [3, 2]), viewOf: whole } };
  expect(storageOf(view)).toBe(whole);
});

test("an access with too few indices, and axes that no level closes, are refused", () => {
  const nest = new NestBuilder("wrong");
  const i = nest.space("i", 2);
  expect(() => nest.load(tensor("x", [2, 2]), [axisIndex(i)])).toThrow(
    "load of x needs an index a dimension",
  );
  expect(() => nest.store(tensor("x", [2, 2]), [axisIndex(i)], f32(0))).toThrow(
    "store to x needs an index a dimension",
  );
  nest.reduction("k", 2);
  expect(() => nest.build()).toThrow("reduction axes without a reduce");
});
