import { describe, expect, test } from "vitest";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { shortestSide } from "../../compiler/scheduling/transposing-tile.ts";
import { avx512Target, wasmTarget } from "../../compiler/target.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import type { Statement } from "../kernel-code.ts";
import { emitKernel } from "./emit-kernel.ts";

function transposition(rows: number, columns: number): Nest {
  const from: Buffer = { name: "from", dtype: "float32", shape: [columns, rows] };
  const to: Buffer = { name: "to", dtype: "float32", shape: [rows, columns] };
  const nest = new NestBuilder("transpose");
  const [i, j] = [axisIndex(nest.space("i", rows)), axisIndex(nest.space("j", columns))];
  nest.store(to, [i, j], nest.load(from, [j, i]));
  return nest.build();
}

function count(statements: readonly Statement[], op: Statement["op"]): number {
  return statements.reduce((sum, statement) => {
    const bodies =
      statement.op === "loop" ? [statement.body] : statement.op === "if" ? [statement.yes, statement.no] : [];
    const inner = bodies.reduce((found, body) => found + count(body, op), 0);
    return sum + inner + (statement.op === op ? 1 : 0);
  }, 0);
}

describe.each([avx512Target, wasmTarget])("$printer", (target) => {
  const { lanes } = target;

  test("a square is turned in lanes · log2(lanes) permutations of two vectors", () => {
    const nest = transposition(4 * lanes, 4 * lanes);
    const { body } = emitKernel({ nest, schedule: scheduleNest(nest, target), target });
    expect(count(body, "permute")).toBe(lanes * Math.log2(lanes));
    expect(count(body, "load")).toBe(lanes);
    expect(count(body, "loadStrided")).toBe(0);
  });

  test.each([
    ["columns", transposition(4 * lanes, lanes - 1), lanes - 1, 2],
    ["rows", transposition(lanes - 1, 4 * lanes), lanes, 1],
  ])("a few less %s than lanes are turned too, and what is missing saves work", (_, nest, loads, spared) => {
    const { body } = emitKernel({ nest, schedule: scheduleNest(nest, target), target });
    expect(count(body, "permute")).toBe(lanes * Math.log2(lanes) - spared);
    expect(count(body, "load")).toBe(loads);
  });

  test("columns that fill too few of the lanes are loaded one by one", () => {
    const nest = transposition(4 * lanes, shortestSide(lanes) - 1);
    const { body } = emitKernel({ nest, schedule: scheduleNest(nest, target), target });
    expect(count(body, "permute")).toBe(0);
  });
});
