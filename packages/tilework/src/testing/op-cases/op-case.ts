import type { Value } from "../../graph/value.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { ToleranceName } from "../tolerances.ts";

/** A test tensor: given data, or distinct numbers spread evenly over [low, high) in a fixed irregular order. */
export interface TestInput {
  readonly shape: Shape;
  readonly dtype?: Dtype;
  readonly data?: readonly number[];
  readonly low?: number;
  readonly high?: number;
}

/** One application of an op (or a few) that every device must get right. */
export interface OpCase {
  readonly title: string;
  readonly inputs: readonly TestInput[];
  readonly apply: (...inputs: Value[]) => Value;
  /** For what devices compute; exact where left out. */
  readonly tolerance?: ToleranceName;
  /** Checks the derivative by each float32 input; by default where the result is float32. */
  readonly gradient?: boolean;
}

/** The elements of a test input; `stream` tells a case's inputs apart. float32 data are float32 numbers. */
export function dataOf({ shape, dtype = "float32", data, low, high }: TestInput, stream: number): number[] {
  if (data !== undefined) return dtype === "float32" ? data.map(Math.fround) : [...data];
  const size = shape.reduce((product, axisSize) => product * axisSize, 1);
  const [least, most] =
    dtype === "float32" ? [low ?? -2, high ?? 2] : [low ?? 0, high ?? (dtype === "bool" ? 2 : 5)];
  return Array.from({ length: size }, (_, i) => {
    const golden = ((i + 1) * 0.6180339887498949 + (stream + 1) * 0.2718281828) % 1;
    const element = least + (most - least) * golden;
    return dtype === "float32" ? Math.fround(element) : Math.floor(element);
  });
}
