/**
 * Ops declare, passes ask. Everything about an op stands in its definition: shape rule, gradient, lowering to
 * loop nests and a plain float64 reference. No pass and no printer knows an op's name.
 */
import type { Buffer, Nest } from "../kernel/nest.ts";
import type { Dtype } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { requireValue } from "./is-value.ts";
import type { Node, TensorType, Value } from "./value.ts";

/** A tensor of the reference device: always float64 (integers are exact in it). */
export interface ReferenceArray {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly data: Float64Array;
}

export interface GradientContext<A> {
  readonly node: Node;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: A;
  /** The loss's derivative by each output; undefined where nothing flows. At least one is defined. */
  readonly upstream: readonly (Value | undefined)[];
}

/** Where a node's lowering finds its memory and leaves its nests, in order of execution. */
export interface LowerContext<A> {
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  readonly attributes: A;
  /** A buffer that lives only between this node's own nests. */
  temporary(name: string, shape: Shape, dtype?: Dtype): Buffer;
  emit(nest: Nest): void;
}

export interface OpDefinition<A> {
  readonly name: string;
  /** Shapes and dtypes of the results; throws ShapeError for inputs that do not fit. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** The derivative by each input, written in ops; undefined where none flows. Left out: not differentiable. */
  gradient?(context: GradientContext<A>): readonly (Value | undefined)[];
  /** Writes the loop nests. Left out only by ops that compute nothing (inputs, variables, views). */
  lower?(context: LowerContext<A>): void;
  /** The single result is the single input's memory in another shape. */
  readonly view?: boolean;
  /** Elementwise in its only input, which it never reorders: x <= y gives f(x) <= f(y), and NaN gives NaN. */
  readonly monotone?: boolean;
  /** What the op of one or two inputs is in the algebra of numbers, for rewrites that hold up to rounding. */
  readonly algebra?: "add" | "subtract" | "multiply" | "negate";
  /** The only result is the sum (or the mean) of the only input over these axes, which stay with size 1 or go. */
  summedAxes?(attributes: A): readonly number[];
  /** The sum over `summedAxes` is divided by the number of its terms. */
  readonly isMean?: boolean;
  /**
   * The only result holds each element of this input once, as a whole or in shares, at a place that differs along all
   * axes but the first and the last one at most; everything else in it is 0.
   */
  readonly scatteredInput?: number;
  /**
   * Which input is a kernel: the only result is linear in it, and its last axes, as one, are the result's last axis, so
   * that scaling the one along them scales the other. Undefined where none is.
   */
  kernelInput?(attributes: A): number | undefined;
  /**
   * The only result, up to roundings, by an algorithm that takes less time on every CPU; undefined where there is
   * none. It depends on shapes and attributes alone.
   */
  faster?(inputs: readonly Value[], attributes: A): Value | undefined;
  /** The shape of the leading part of the only input that the results depend on. */
  reads?(input: TensorType, attributes: A): Shape;
  /** The leading part of this shape of the only result, where it takes less to compute; else undefined. */
  leading?(inputs: readonly Value[], attributes: A, shape: Shape): Value | undefined;
  /**
   * Sizes, along the inner axes of the only result, of the tiles that are computed together; undefined where it does not
   * fall evenly into tiles.
   */
  tile?(attributes: A): readonly number[] | undefined;
  /** Each element of the first result is the largest of some elements of the only input. */
  readonly selectsLargest?: boolean;
  /** The definition itself in plain loops over float64. */
  reference(
    inputs: readonly ReferenceArray[],
    attributes: A,
    types: readonly TensorType[],
  ): readonly Float64Array[];
}

/** An op with one result: call it on values, attributes last. */
export type Op<Inputs extends readonly Value[], A> = ((
  ...args: [...inputs: Inputs, attributes: A]
) => Value) & {
  readonly definition: OpDefinition<A>;
};

/** Applies an op, with any number of inputs and results. */
export function applyOp<A>(op: OpDefinition<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
  for (const input of inputs) requireValue(op.name, input);
  const types = op.infer(inputs, attributes);
  const outputs: Value[] = [];
  const node: Node = { op, inputs, attributes, outputs, origin: undefined, group: undefined };
  types.forEach((type, slot) => {
    outputs.push({ shape: type.shape, dtype: type.dtype, node, slot });
  });
  return outputs;
}

/** Makes a one-result op of its definition. */
export function defineOp<Inputs extends readonly Value[], A>(definition: OpDefinition<A>): Op<Inputs, A> {
  const call = (...args: [...inputs: Inputs, attributes: A]): Value => {
    const inputs = args.slice(0, -1) as unknown as Inputs;
    return applyOp(definition, inputs, args[args.length - 1] as A)[0]!;
  };
  return Object.assign(call, { definition });
}
