import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { encodeModule } from "./encode.ts";
import { FunctionWriter } from "./function-writer.ts";

const bytesOf = (write: (out: ByteWriter) => void): number[] => {
  const out = new ByteWriter();
  write(out);
  return Array.from(out.toBytes());
};

// From the examples of the LEB128 article of Wikipedia and the specification's limits.
test.each([
  [0, [0]],
  [127, [0x7f]],
  [128, [0x80, 0x01]],
  [624485, [0xe5, 0x8e, 0x26]],
  [4294967295, [0xff, 0xff, 0xff, 0xff, 0x0f]],
])("unsigned LEB128 of %d", (value, expected) => {
  expect(bytesOf((out) => out.unsigned(value))).toEqual(expected);
});

test.each([
  [0, [0]],
  [63, [0x3f]],
  [64, [0xc0, 0x00]],
  [-64, [0x40]],
  [-65, [0xbf, 0x7f]],
  [-123456, [0xc0, 0xbb, 0x78]],
  [-2147483648, [0x80, 0x80, 0x80, 0x80, 0x78]],
])("signed LEB128 of %d", (value, expected) => {
  expect(bytesOf((out) => out.signed(value))).toEqual(expected);
});

const addition = (exportName: string) => {
  const out = new FunctionWriter(["i32", "i32"]);
  out.get(0);
  out.get(1);
  out.plain("i32.add");
  return out.finish(exportName, "sum of two", ["i32"]);
};

test.each([false, true])("a module exports its functions and imports its memory (shared: %s)", (shared) => {
  const memory = { initial: 1, maximum: 2, shared };
  const bytes = encodeModule({ memory, functions: [addition("k0"), addition("k1")] });
  const module = new WebAssembly.Module(bytes);
  expect(WebAssembly.Module.imports(module)).toMatchObject([
    { module: "env", name: "memory", kind: "memory" },
  ]);
  const instance = new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory(memory) } });
  expect(Object.keys(instance.exports)).toEqual(["k0", "k1"]);
  expect((instance.exports.k1 as (x: number, y: number) => number)(40, 2)).toBe(42);
});

test("a memory that is not as declared is refused", () => {
  const memory = { initial: 1, maximum: 1, shared: true };
  const module = new WebAssembly.Module(encodeModule({ memory, functions: [] }));
  const unshared = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  expect(() => new WebAssembly.Instance(module, { env: { memory: unshared } })).toThrow(/shared/);
});
