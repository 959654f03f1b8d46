import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assembleWithBinutils, hasBinutils } from "../../testing/assemble-with-binutils.ts";
import { assemblerCases } from "../../testing/assembler-cases.ts";
import { Assembler } from "./assembler.ts";

const fixture = JSON.parse(
  readFileSync(new URL("./fixtures/assembler.json", import.meta.url), "utf8"),
) as Record<string, string>;
const cases = assemblerCases();

function assemble(emit: (assembler: Assembler) => void): string {
  const assembler = new Assembler();
  emit(assembler);
  return Buffer.from(assembler.finish()).toString("hex");
}

test("every instruction has the bytes that GNU binutils gives it", () => {
  const wrong = cases
    .map(({ text, emit }) => ({ text, bytes: assemble(emit) }))
    .filter(({ text, bytes }) => bytes !== fixture[text])
    .map(({ text, bytes }) => `${text}: ${bytes} instead of ${fixture[text]}`);
  expect(wrong).toEqual([]);
  expect(Object.keys(fixture).length).toBeGreaterThan(2000);
});

test.skipIf(!hasBinutils())("the committed bytes are what binutils gives today", () => {
  const texts = cases.map(({ text }) => text);
  const codes = assembleWithBinutils(texts);
  expect(texts.filter((text, at) => fixture[text] !== codes[at])).toEqual([]);
});

test("labels before and behind are reached, and constants relative to the instruction's end", () => {
  const assembler = new Assembler();
  const [top, constant, end] = [assembler.label(), assembler.label(), assembler.label()];
  assembler.bind(top);
  assembler.vector("vroundps", 256, [0, { label: constant }], { immediate: 1 });
  assembler.jumpIf("l", top);
  assembler.jump(end);
  assembler.bind(end);
  assembler.align(32);
  assembler.bind(constant);
  assembler.data([1, 2, 3, 4]);
  const code = assembler.finish();
  const view = new DataView(code.buffer);
  expect(view.getInt32(5, true)).toBe(32 - 10);
  expect(view.getInt32(12, true)).toBe(0 - 16);
  expect(view.getInt32(17, true)).toBe(0);
  expect(Array.from(code.slice(32))).toEqual([1, 2, 3, 4]);
});

test("a label that is bound twice or never is refused", () => {
  const assembler = new Assembler();
  const label = assembler.label();
  assembler.jump(label);
  expect(() => assembler.finish()).toThrow(/never bound/);
  assembler.bind(label);
  expect(() => assembler.bind(label)).toThrow(/twice/);
});

test("a VEX instruction refuses registers beyond its reach", () => {
  expect(() => assemble((assembler) => assembler.vector("vpcmpeqd", 256, [1, 2, 16]))).toThrow(/0 to 15/);
});
