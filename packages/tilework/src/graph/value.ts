/**
 * Tensor programs: values with shape and dtype, made by nodes, and nothing but op nodes.
 *
 * A node is made by calling an op on values (see define-op.ts). Values are immutable; a program is whatever can
 * be reached from its outputs and updates (see program.ts).
 */
import type { Dtype } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import type { OpDefinition } from "./define-op.ts";

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** One result of a node. */
export interface Value extends TensorType {
  readonly node: Node;
  readonly slot: number;
}

/** One application of an op. */
export interface Node {
  // biome-ignore lint/suspicious/noExplicitAny: nodes of all ops stand in one list; only the op reads its attributes
  readonly op: OpDefinition<any>;
  readonly inputs: readonly Value[];
  readonly attributes: unknown;
  readonly outputs: readonly Value[];
  /** The layer that wrote it, for `explain`, errors and NaN reports; set once by whoever traces. */
  origin: string | undefined;
  /** What it is one of many steps of, for `explain`, such as "Adam update"; a name of several words. */
  group: string | undefined;
}

/** A piece of state that outlives a step: a weight, a moment of the optimizer, a running mean. */
export interface Variable extends TensorType {
  readonly name: string;
}
