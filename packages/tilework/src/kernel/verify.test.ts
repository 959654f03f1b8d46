import { describe, expect, test } from "vitest";
import { hardNests } from "../testing/hard-nests.ts";
import { tensor } from "../testing/nest-case.ts";
import { accessRanges } from "../testing/visit-points.ts";
import { f32, i32 } from "./build-expression.ts";
import type { Expression, LoadIndex } from "./expression.ts";
import { addIndex, axisIndex, constantIndex, tableIndex } from "./index-expression.ts";
import type { Buffer, Nest } from "./nest.ts";
import { NestBuilder } from "./nest-builder.ts";
import { mapExpressions, rewriter } from "./rewrite.ts";
import { verifyNest } from "./verify.ts";

const everyHardNest = hardNests.flatMap(({ name, nests }) =>
  nests.map((nest) => ({ title: `${name}: ${nest.name}`, nest })),
);

/** The nest with one dimension of one access moved. */
function withShift(nest: Nest, index: readonly LoadIndex[], dimension: number, by: number): Nest {
  const moved = index.map((each, at) =>
    at === dimension && !("dynamic" in each) ? addIndex(each, constantIndex(by)) : each,
  );
  const text = JSON.stringify(index);
  const sameIndex = (other: readonly LoadIndex[]): boolean => JSON.stringify(other) === text;
  const change = rewriter((node) =>
    node.kind === "load" && sameIndex(node.index) ? { ...node, index: moved } : node,
  );
  const stores = nest.stores.map((store) =>
    sameIndex(store.index) ? { ...store, index: moved as typeof store.index } : store,
  );
  return mapExpressions({ ...nest, stores }, change);
}

describe("the hard nests", () => {
  test.each(everyHardNest)("$title is accepted", ({ nest }) => {
    verifyNest(nest);
  });

  test.each(everyHardNest)(
    "$title is refused with any index off by one that leaves its buffer",
    ({ nest }) => {
      let refused = 0;
      for (const { index, buffer, ranges } of accessRanges(nest))
        ranges.forEach((range, dimension) => {
          const { shape } = nest.buffers[buffer]!;
          for (const by of [-1, 1]) {
            if (range === undefined || (range.min + by >= 0 && range.max + by < shape[dimension]!)) continue;
            expect(() => verifyNest(withShift(nest, index, dimension, by))).toThrow(
              `): dimension ${dimension} ranges over`,
            );
            refused++;
          }
        });
      expect(refused).toBeGreaterThan(0);
    },
  );

  test.each(everyHardNest.filter(({ nest }) => nest.guards.length > 0))(
    "$title is refused without a guard that it needs",
    ({ nest }) => {
      nest.guards.forEach((_, dropped) => {
        const unguarded = { ...nest, guards: nest.guards.filter((_, at) => at !== dropped) };
        const leaves = accessRanges(unguarded).some(({ buffer, ranges }) =>
          ranges.some(
            (range, dimension) =>
              range !== undefined && (range.min < 0 || range.max >= nest.buffers[buffer]!.shape[dimension]!),
          ),
        );
        if (leaves) expect(() => verifyNest(unguarded)).toThrow("ranges over");
      });
    },
  );
});

/** y[i] = value, for i < 4, where `change` may spoil it. */
function small(change: (nest: NestBuilder, i: number, y: Buffer) => void): Nest {
  const nest = new NestBuilder("small");
  const i = nest.space("i", 4);
  change(nest, i, tensor("y", [4]));
  return nest.build();
}

describe("large sizes, beyond what could be visited, are proved by intervals", () => {
  test("a padded, strided convolution over a large image, refused by one row", () => {
    const build = (offset: number): Nest => {
      const nest = new NestBuilder("large");
      const [x, y] = [tensor("x", [20001, 10001]), tensor("y", [10001, 3335])];
      const [i, j] = [nest.space("i", 10001), nest.space("j", 3335)];
      const [r, s] = [nest.reduction("r", 3), nest.reduction("s", 5)];
      const row = addIndex(axisIndex(i, 2), axisIndex(r), constantIndex(-1));
      const column = addIndex(axisIndex(j, 3), axisIndex(s, 2), constantIndex(-4));
      nest.guard(row, 20001);
      nest.guard(column, 10001);
      const load = nest.load(x, [addIndex(row, constantIndex(offset)), column]);
      const [sum] = nest.reduce([{ op: "add", value: load }]);
      nest.store(y, [axisIndex(i), axisIndex(j)], sum!);
      return nest.build();
    };
    verifyNest(build(0));
    expect(() => verifyNest(build(1))).toThrow("load of x (20001, 10001): dimension 0 ranges over 1..20001");
  });

  test("adaptive windows of a long sequence, refused where a window is one too long", () => {
    const [size, outputs] = [1_000_000, 37_003];
    const windows = Array.from({ length: outputs }, (_, i) => i);
    const start = windows.map((i) => Math.floor((i * size) / outputs));
    const count = windows.map((i) => Math.ceil(((i + 1) * size) / outputs) - start[i]!);
    const build = (extra: number): Nest => {
      const nest = new NestBuilder("adaptive");
      const i = nest.space("i", outputs);
      const k = nest.reduction("k", Math.max(...count) + extra);
      nest.guard(addIndex(tableIndex(i, count), axisIndex(k, -1), constantIndex(extra - 1)), size);
      const load = nest.load(tensor("x", [size]), [addIndex(tableIndex(i, start), axisIndex(k))]);
      const [largest] = nest.reduce([{ op: "max", value: load }]);
      nest.store(tensor("y", [outputs]), [axisIndex(i)], largest!);
      return nest.build();
    };
    verifyNest(build(0));
    expect(() => verifyNest(build(1))).toThrow("load of x (1000000): dimension 0 ranges over 0..1000000");
  });

  test("phases of a strided backward-data over a long row", () => {
    const [size, stride] = [3_000_001, 3];
    const nest = new NestBuilder("phases");
    const [q, p] = [nest.space("q", 1_000_001), nest.space("p", stride)];
    const target = addIndex(axisIndex(q, stride), axisIndex(p));
    nest.guard(target, size);
    const value = nest.load(tensor("x", [size]), [target]);
    nest.store(tensor("y", [size]), [target], value);
    verifyNest(nest.build());
  });
});

test("a buffer of more than 31 bits is refused", () => {
  const nest = new NestBuilder("huge");
  const i = nest.space("i", 2 ** 29);
  nest.store(tensor("y", [2 ** 29]), [axisIndex(i)], f32(0));
  expect(() => verifyNest(nest.build())).toThrow("y has 2147483648 bytes; indices have 31 bits");
});

test("a guard that names a reduction axis guards no store, even where that axis has one value", () => {
  const nest = new NestBuilder("oneTap");
  const i = nest.space("i", 5);
  const k = nest.reduction("k", 1);
  nest.guard(addIndex(axisIndex(i), axisIndex(k)), 4);
  const [sum] = nest.reduce([{ op: "add", value: nest.load(tensor("x", [4]), [axisIndex(i)]) }]);
  nest.store(tensor("y", [4]), [axisIndex(i)], sum!);
  expect(() => verifyNest(nest.build())).toThrow("store of y (4): dimension 0 ranges over 0..4");
});

describe("refused are", () => {
  const refusals: [string, string, Nest][] = [
    [
      "stores of all points to one element",
      "stores to y overlap",
      small((nest, _, y) => nest.store(y, [constantIndex(0)], f32(1))),
    ],
    [
      "two stores that meet",
      "stores to y overlap",
      small((nest, i) => {
        const y = tensor("y", [8]);
        nest.store(y, [axisIndex(i, 2)], f32(1));
        nest.store(y, [axisIndex(i)], f32(2));
      }),
    ],
    [
      "reading in place what another point writes",
      "reads y at other elements than the point stores",
      small((nest, i, y) => nest.store(y, [axisIndex(i)], nest.load(y, [axisIndex(i, -1, 3)]))),
    ],
    [
      "an integer stored as a float",
      "a i32 value is stored to y, which holds float32",
      small((nest, i, y) => nest.store(y, [axisIndex(i)], i32(1))),
    ],
    [
      "operands of two types",
      "operands of add have types f32, i32",
      small((nest, i, y) =>
        nest.store(y, [axisIndex(i)], { kind: "binary", op: "add", x: f32(1), y: i32(1) }),
      ),
    ],
    [
      "a table that is too short",
      "a table of 3 entries over axis i of size 4",
      small((nest, i, y) => nest.store(y, [tableIndex(i, [0, 1, 2])], f32(1))),
    ],
    [
      "an accumulator where no level is",
      "no accumulator 0.0 exists here",
      small((nest, i, y) => nest.store(y, [axisIndex(i)], { kind: "accumulator", level: 0, slot: 0 })),
    ],
    [
      "a reduction axis in a store",
      "a store reads axis k, which does not exist in stores",
      small((nest, i, y) => {
        const k = nest.reduction("k", 2);
        const [sum] = nest.reduce([{ op: "add", value: f32(1) }]);
        nest.store(y, [addIndex(axisIndex(i), axisIndex(k))], sum!);
      }),
    ],
    [
      "an argmax in lanes",
      "an argmax cannot have lanes",
      small((nest, i, y) => {
        nest.reduction("k", 2);
        const [best] = nest.reduce([{ op: "argmax", value: f32(1), position: i32(0) }], { lanes: true });
        nest.store(y, [axisIndex(i)], best!);
      }),
    ],
    [
      "a view of another size",
      "cannot be a view of whole",
      small((nest, i) => {
        const part: Buffer = { ...tensor("part", [4]), viewOf: tensor("whole", [5]) };
        nest.store(part, [axisIndex(i)], f32(1));
      }),
    ],
    [
      "a shift by a value that is no constant",
      "shl needs a constant count 0..31",
      small((nest, i) => {
        const y = tensor("y", [4], "int32");
        const count: Expression = { kind: "position", index: axisIndex(i) };
        nest.store(y, [axisIndex(i)], { kind: "binary", op: "shl", x: i32(1), y: count });
      }),
    ],
  ];
  test.each(refusals)("%s", (_, message, nest) => {
    expect(() => verifyNest(nest)).toThrow(message);
  });
});

test("stores that interleave are accepted, also where there are too many points to visit", () => {
  const nest = new NestBuilder("interleave");
  const i = nest.space("i", 10_000_000);
  const y = tensor("y", [20_000_000]);
  nest.store(y, [axisIndex(i, 2)], f32(1));
  nest.store(y, [axisIndex(i, 2, 1)], f32(2));
  verifyNest(nest.build());
});
