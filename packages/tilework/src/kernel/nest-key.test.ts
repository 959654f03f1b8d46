import { expect, test } from "vitest";
import { hardNests } from "../testing/hard-nests.ts";
import { tensor } from "../testing/nest-case.ts";
import { add, f32 } from "./build-expression.ts";
import type { Expression } from "./expression.ts";
import { axisIndex } from "./index-expression.ts";
import type { Buffer, Nest } from "./nest.ts";
import { NestBuilder } from "./nest-builder.ts";
import { nestKey } from "./nest-key.ts";

interface Variation {
  readonly name?: string;
  readonly size?: number;
  readonly value?: (x: Expression) => Expression;
  readonly inPlace?: boolean;
  readonly flatView?: boolean;
}

/** y[i] = value(x[i]) */
function elementwise({ name = "a", size = 8, value = (x) => x, inPlace, flatView }: Variation = {}): Nest {
  const nest = new NestBuilder(name);
  const i = nest.space(`${name}-axis`, size);
  const x: Buffer = tensor(`${name}-x`, [size]);
  const whole = tensor("whole", [2, size / 2]);
  const own = flatView ? { ...tensor("flat", [size]), viewOf: whole } : tensor(`${name}-y`, [size]);
  nest.store(inPlace ? x : own, [axisIndex(i)], value(nest.load(x, [axisIndex(i)])));
  return nest.build();
}

test("names of nests, axes and buffers, and views of the same shape, do not count", () => {
  expect(nestKey(elementwise({ name: "b" }))).toBe(nestKey(elementwise()));
  expect(nestKey(elementwise({ flatView: true }))).toBe(nestKey(elementwise()));
});

test("whether a subexpression is one object or two equal ones does not count", () => {
  const shared = elementwise({ value: (x) => add(x, x) });
  const apart = elementwise({ value: (x) => add(x, { ...x }) });
  expect(nestKey(apart)).toBe(nestKey(shared));
});

test.each<[string, Variation]>([
  ["sizes", { size: 9 }],
  ["what is computed", { value: (x) => add(x, f32(1)) }],
  ["that source and target are one buffer", { inPlace: true }],
])("%s count", (_, variation) => {
  expect(nestKey(elementwise(variation))).not.toBe(nestKey(elementwise()));
});

test("0, -0, NaN and infinities are different constants", () => {
  const constants = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const keys = constants.map((constant) => nestKey(elementwise({ value: (x) => add(x, f32(constant)) })));
  expect(new Set(keys).size).toBe(constants.length);
});

test("copies of the hard nests over other buffers have their keys", () => {
  const copies = new Map<Buffer, Buffer>();
  const copyOf = (buffer: Buffer): Buffer => {
    const { viewOf, ...own } = buffer;
    const copy = copies.get(buffer) ?? {
      ...own,
      name: `${own.name}-copy`,
      ...(viewOf === undefined ? {} : { viewOf: copyOf(viewOf) }),
    };
    copies.set(buffer, copy);
    return copy;
  };
  for (const nest of hardNests.flatMap((each) => each.nests))
    expect(nestKey({ ...nest, buffers: nest.buffers.map(copyOf) })).toBe(nestKey(nest));
});
