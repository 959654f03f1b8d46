/** A shape of the benchmark of single operations: an entry of a JSON file that anybody can write. */

export interface ConvolutionShape {
  readonly op: "convolution" | "depthwise";
  readonly label?: string;
  /** `[batch, …spatial, channels]`, 1 to 3 spatial sizes. */
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  /** Of a convolution. */
  readonly filters?: number;
  /** Results of each channel of a depthwise convolution. Default 1. */
  readonly multiplier?: number;
  /** Default 1. */
  readonly strides?: readonly number[];
  /** Default "valid". */
  readonly padding?: "valid" | "same" | "causal";
  /** Default 1. */
  readonly dilation?: readonly number[];
  /** Default 1. */
  readonly groups?: number;
}

export interface DenseShape {
  readonly op: "dense";
  readonly label?: string;
  readonly batch: number;
  readonly inputs: number;
  readonly units: number;
}

export interface PoolShape {
  readonly op: "maxPool" | "averagePool";
  readonly label?: string;
  /** `[batch, …spatial, channels]` */
  readonly input: readonly number[];
  /** "global" is the whole image. */
  readonly window?: readonly number[] | "global";
  /** Default: the window. */
  readonly strides?: readonly number[];
  /** Default "valid". */
  readonly padding?: "valid" | "same";
  /** Adaptive pooling, in place of a window. */
  readonly outputSizes?: readonly number[];
}

export interface PointShape {
  readonly op: "batchNormalization" | "relu" | "add" | "addRelu";
  readonly label?: string;
  readonly input: readonly number[];
}

export type OpShape = ConvolutionShape | DenseShape | PoolShape | PointShape;

/** The shape in a line: operation, sizes, and what differs from the usual. */
export function describeShape(shape: OpShape): string {
  const label = shape.label === undefined ? "" : `${shape.label}: `;
  if (shape.op === "dense") return `${label}dense ${shape.batch}x${shape.inputs} -> ${shape.units}`;
  const parts = [shape.op, shape.input.join("x")];
  if ("kernel" in shape) {
    parts.push("by", shape.kernel.join("x"));
    if (shape.op === "convolution") parts.push("->", String(shape.filters));
    if (shape.multiplier !== undefined) parts.push(`multiplier ${shape.multiplier}`);
    if (shape.dilation !== undefined) parts.push(`dilation ${shape.dilation.join("x")}`);
    if (shape.groups !== undefined) parts.push(`groups ${shape.groups}`);
  }
  if ("window" in shape && shape.window !== undefined)
    parts.push(shape.window === "global" ? "global" : `window ${shape.window.join("x")}`);
  if ("outputSizes" in shape && shape.outputSizes !== undefined)
    parts.push(`to ${shape.outputSizes.join("x")}`);
  if ("strides" in shape && shape.strides !== undefined) parts.push(`strides ${shape.strides.join("x")}`);
  if ("padding" in shape && shape.padding !== undefined) parts.push(shape.padding);
  return label + parts.join(" ");
}
