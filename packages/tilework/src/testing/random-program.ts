/** Random tensor programs for differential tests of compiler passes: small, with every kind of fusion in reach. */
import fc from "fast-check";
import { differentiate } from "../compiler/differentiate.ts";
import { input, type Program, read } from "../graph/program.ts";
import type { Value, Variable } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { greater } from "../ops/binary/comparison.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { subtract } from "../ops/binary/subtract.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { scalar } from "../ops/fill.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { moments } from "../ops/reduce/moments.ts";
import { reduceMax } from "../ops/reduce/reduce-extremum.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { slice } from "../ops/shape/slice.ts";
import { pad } from "../ops/shape/spread.ts";
import { transpose } from "../ops/shape/transpose.ts";
import { softmax } from "../ops/softmax/softmax.ts";
import { exp } from "../ops/unary/exponential.ts";
import { rsqrt, square } from "../ops/unary/powers.ts";
import { relu } from "../ops/unary/relu.ts";
import { tanh } from "../ops/unary/tanh.ts";
import { where } from "../ops/where.ts";
import { sizeOf } from "../tensor/shape.ts";
import {
  type Draw,
  drawsFrom,
  isImage,
  type MakeVariable,
  randomConvolution,
  randomDepthwise,
  randomPool,
} from "./random-windows.ts";

/** One choice: which step, on which earlier values, with which parameter. */
interface Choice {
  readonly step: number;
  readonly first: number;
  readonly second: number;
  readonly parameter: number;
}

export interface RandomProgram {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Float32Array>>;
}

type Step = (x: Value, y: Value, parameter: number, variable: MakeVariable) => Value | undefined;

/** What a program starts with, so that each kind of layer is met: an input, and what is computed of it first. */
interface Opening {
  readonly shape: readonly number[];
  readonly layer: (x: Value, draw: Draw, variable: MakeVariable) => Value;
}

/** No value of a program has more elements, unless its opening does. */
const mostElements = 2000;

const steps: readonly Step[] = [
  (x) => relu(x),
  (x) => tanh(x),
  (x) => square(x),
  (x) => exp(multiply(x, scalar(0.1))),
  (x, y) => (broadcasting(x, y) ? add(x, y) : undefined),
  (x, y) => (broadcasting(x, y) ? multiply(x, y) : undefined),
  (x, y) => (broadcasting(x, y) ? subtract(x, y) : undefined),
  (x, y) => (broadcasting(x, y) ? where(greater(x, 0), x, y) : undefined),
  (x, _, parameter, variable) => add(x, variable(parameter % 4 === 0 ? [1] : [x.shape.at(-1) ?? 1])),
  (x, _, parameter) =>
    x.shape.length > 0 ? reduceSum(x, { axes: [parameter % x.shape.length] }) : undefined,
  (x, _, parameter) =>
    x.shape.length > 0 ? reduceMean(x, { axes: [parameter % x.shape.length], keepDims: true }) : undefined,
  (x, _, parameter) =>
    x.shape.length > 0 ? reduceMax(x, { axes: [parameter % x.shape.length], keepDims: true }) : undefined,
  (x, _, parameter) => (x.shape.length > 0 ? normalize(x, parameter % x.shape.length) : undefined),
  (x) => (x.shape.length > 1 ? reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]) : undefined),
  (x) => (x.shape.length > 1 ? transpose(x) : undefined),
  (x) => (x.shape.length > 0 ? softmax(x) : undefined),
  (x) =>
    x.shape.length > 0
      ? pad(
          x,
          x.shape.map(() => 1),
          x.shape.map(() => 0),
        )
      : undefined,
  (x) =>
    x.shape.length > 0 && x.shape[0]! > 1
      ? slice(
          x,
          x.shape.map((_, axis) => (axis === 0 ? 1 : 0)),
          x.shape.map((size, axis) => (axis === 0 ? size - 1 : size)),
        )
      : undefined,
  (x, _, parameter, variable) =>
    isImage(x) ? randomConvolution(x, drawsFrom(parameter), variable) : undefined,
  (x, _, parameter, variable) =>
    isImage(x) ? randomDepthwise(x, drawsFrom(parameter), variable) : undefined,
  (x, _, parameter) => (isImage(x) ? randomPool(x, drawsFrom(parameter)) : undefined),
  (x, _, parameter, variable) =>
    x.shape.length === 2 ? dense(x, [2, 3, 5, 17][parameter % 4]!, variable) : undefined,
];

const smallOpenings: readonly Opening[] = [
  { shape: [2, 4, 5, 3], layer: (x) => x },
  { shape: [2, 6, 5, 6], layer: randomConvolution },
  { shape: [2, 11, 4], layer: randomConvolution },
  { shape: [2, 3, 4, 3, 4], layer: randomConvolution },
  { shape: [1, 7, 6, 5], layer: randomDepthwise },
  { shape: [3, 37], layer: (x, draw, variable) => dense(x, [1, 7, 17, 33][draw(4)]!, variable) },
  { shape: [2, 7, 5, 3], layer: randomPool },
  { shape: [3, 5, 4, 17], layer: (x, draw, variable) => batchNormalization(x, draw, variable) },
];

/** Enough tiles and channels that Winograd's algorithm pays, forward and in both gradients. */
const winograd: Opening = {
  shape: [1, 32, 32, 16],
  layer: (x, draw, variable) => {
    const padding = [1, 2].map((): [number, number] => [1 + draw(2), 1 + draw(2)]);
    return convolution(x, variable([3, 3, 16, 16 + draw(2)]), { padding });
  },
};

function dense(x: Value, units: number, variable: MakeVariable): Value {
  return add(matmul(x, variable([x.shape[1]!, units])), variable([units]));
}

function batchNormalization(x: Value, draw: Draw, variable: MakeVariable): Value {
  const scaled = multiply(normalize(x, draw(4) === 0 ? 0 : 3), variable([x.shape.at(-1)!]));
  return add(scaled, variable([x.shape.at(-1)!]));
}

/** Mean 0 and deviation below 1 along all axes but one. */
function normalize(x: Value, kept: number): Value {
  const [mean, variance] = moments(x, {
    axes: x.shape.map((_, axis) => axis).filter((axis) => axis !== kept),
  });
  return multiply(subtract(x, mean), rsqrt(add(variance, scalar(0.1))));
}

function broadcasting(x: Value, y: Value): boolean {
  const rank = Math.min(x.shape.length, y.shape.length);
  for (let back = 1; back <= rank; back++) {
    const [a, b] = [x.shape.at(-back)!, y.shape.at(-back)!];
    if (a !== b && a !== 1 && b !== 1) return false;
  }
  return true;
}

/** A forward graph, its gradient by its variables, and an update of each with a moment, as a training step has. */
export const randomProgram: fc.Arbitrary<RandomProgram> = programsOf(smallOpenings);

/** Such programs, and some whose sizes Winograd's algorithm pays for: too large for what is interpreted. */
export const largerRandomProgram: fc.Arbitrary<RandomProgram> = programsOf([...smallOpenings, winograd]);

function programsOf(openings: readonly Opening[]): fc.Arbitrary<RandomProgram> {
  const choice = fc.record<Choice>({
    step: fc.nat(steps.length - 1),
    first: fc.nat(3),
    second: fc.nat(5),
    parameter: fc.nat(2 ** 20),
  });
  return fc
    .record({
      opening: fc.nat(openings.length - 1),
      parameter: fc.nat(2 ** 20),
      choices: fc.array(choice, { minLength: 2, maxLength: 9 }),
    })
    .map(({ opening, parameter, choices }) => build(openings[opening]!, drawsFrom(parameter), choices));
}

function build(opening: Opening, draw: Draw, choices: readonly Choice[]): RandomProgram {
  const variables: Variable[] = [];
  const weights: Value[] = [];
  const variable: MakeVariable = (shape) => {
    const made: Variable = { name: `w${variables.length}`, shape, dtype: "float32" };
    variables.push(made);
    weights.push(read(made));
    return weights.at(-1)!;
  };
  const x = input("x", { shape: opening.shape, dtype: "float32" });
  const prepared = [x, relu(x), add(x, variable([x.shape.at(-1)!]))][draw(3)]!;
  const opened = opening.layer(prepared, draw, variable);
  const limit = Math.max(mostElements, sizeOf(opened.shape));
  const values: Value[] = [x, opened];
  for (const { step, first, second, parameter } of choices) {
    const chosen = steps[step]!(at(values, first), at(values, second), parameter, variable);
    if (typeof chosen === "object" && sizeOf(chosen.shape) <= limit) values.push(chosen);
  }
  const result = values.at(-1)!;
  const loss = add(meanSquare(result), meanSquare(opened));
  const gradients = differentiate(loss, weights);
  const updates = weights.flatMap((weight, i) => updatesOf(variables[i]!, weight, gradients[i]));
  return {
    program: { inputs: { x }, outputs: { result, loss }, updates },
    feeds: {
      x: Float32Array.from({ length: sizeOf(x.shape) }, (_, i) => Math.sin(i * 1.7) + 0.2 * Math.cos(i)),
    },
  };
}

function meanSquare(x: Value): Value {
  return reduceMean(square(x), { axes: x.shape.map((_, axis) => axis) });
}

function at(values: readonly Value[], back: number): Value {
  return values[Math.max(0, values.length - 1 - back)]!;
}

function updatesOf(
  variable: Variable,
  weight: Value,
  gradient: Value | undefined,
): Program["updates"][number][] {
  if (gradient === undefined) return [];
  const moment: Variable = { ...variable, name: `${variable.name}.moment` };
  const momentum = add(multiply(read(moment), scalar(0.9)), gradient);
  return [
    { variable: moment, value: momentum },
    { variable, value: subtract(weight, multiply(momentum, scalar(0.1))) },
  ];
}
