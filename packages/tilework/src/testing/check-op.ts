/**
 * The contract of every op: its nests are proved safe and agree with its reference, its gradient rule agrees with
 * central differences of the reference in float64, and the gradient's own nests agree with their references.
 */
import { expect } from "vitest";
import { differentiate } from "../compiler/differentiate.ts";
import { input, type Program } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { dataOf, type OpCase, type TestInput } from "./op-cases/op-case.ts";
import { runNests } from "./run-nests.ts";
import { firstDifference, type Tolerance, tolerances } from "./tolerances.ts";

/** A case as a program: outputs "result" and, where it is differentiable, "gradient0" and so on by input. */
export interface CheckedProgram {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, readonly number[]>>;
}

/** Builds the case's program. Its loss weighs the result's elements unevenly. */
export function programOf(opCase: OpCase): CheckedProgram {
  const values = opCase.inputs.map(({ shape, dtype = "float32" }, i) => input(`x${i}`, { shape, dtype }));
  const result = opCase.apply(...values);
  const weights: TestInput = { shape: result.shape, low: -1, high: 1.5 };
  const feeds: Record<string, readonly number[]> = {};
  opCase.inputs.forEach((given, i) => {
    feeds[`x${i}`] = dataOf(given, i);
  });
  const inputs: Record<string, Value> = Object.fromEntries(values.map((value, i) => [`x${i}`, value]));
  const outputs: Record<string, Value> = { result };
  if ((opCase.gradient ?? true) && result.dtype === "float32") {
    inputs.weights = input("weights", { shape: result.shape, dtype: "float32" });
    feeds.weights = dataOf(weights, opCase.inputs.length);
    const loss = reduceSum(multiply(result, inputs.weights));
    const floats = values.filter((value) => value.dtype === "float32");
    for (const [i, gradient] of differentiate(loss, floats).entries())
      if (gradient !== undefined) outputs[`gradient${values.indexOf(floats[i]!)}`] = gradient;
  }
  return { program: { inputs, outputs, updates: [] }, feeds };
}

/** What a program's outputs are by the reference, in float64. */
export function referenceOutputs({ program, feeds }: CheckedProgram): Record<string, Float64Array> {
  const names = Object.keys(program.outputs);
  const results = evaluateReference(Object.values(program.outputs), new Map(Object.entries(feeds)));
  return Object.fromEntries(names.map((name, i) => [name, results[i]!]));
}

/** Holds the op to the contract above. */
export function checkOp(opCase: OpCase): void {
  const checked = programOf(opCase);
  const expected = referenceOutputs(checked);
  const got = runNests(checked.program, checked.feeds);
  expectClose("result", got.result!, expected.result!, tolerances[opCase.tolerance ?? "exact"]);
  for (const name of Object.keys(expected)) {
    if (name === "result") continue;
    expectClose(`${name} on nests`, got[name]!, expected[name]!, tolerances.sum);
  }
  checkGradients(opCase, checked, expected);
}

/** At most this many elements of an input are moved. */
const probes = 48;

function checkGradients(
  opCase: OpCase,
  { program, feeds }: CheckedProgram,
  expected: Readonly<Record<string, Float64Array>>,
): void {
  const weights = feeds.weights;
  if (weights === undefined) return;
  const loss = (moved: Readonly<Record<string, ArrayLike<number>>>): number => {
    const [result] = evaluateReference(
      [program.outputs.result!],
      new Map(Object.entries({ ...feeds, ...moved })),
    );
    return result!.reduce((sum, element, i) => sum + element * weights[i]!, 0);
  };
  opCase.inputs.forEach(({ dtype = "float32" }, i) => {
    if (dtype !== "float32") return;
    const data = feeds[`x${i}`]!;
    const step = Math.max(1, Math.floor(data.length / probes));
    const at = data.flatMap((_, element) => (element % step === 0 ? [element] : []));
    const numeric = at.map((element) => {
      const h = 1e-5 * Math.max(1, Math.abs(data[element]!));
      const moved = (by: number): number => loss({ [`x${i}`]: data.with(element, data[element]! + by) });
      return (moved(h) - moved(-h)) / (2 * h);
    });
    const gradient = expected[`gradient${i}`];
    const given = at.map((element) => gradient?.[element] ?? 0);
    expectClose(`gradient by input ${i} at ${at}`, given, numeric, tolerances.centralDifference);
  });
}

function expectClose(
  what: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  const difference = firstDifference(got, expected, tolerance);
  expect(difference === undefined ? undefined : `${what}: ${difference}`).toBeUndefined();
}
