import type { OpDefinition, ReferenceArray } from "../graph/define-op.ts";
import type { TensorType } from "../graph/value.ts";
import { type Elements, interpretNest } from "../kernel/interpret.ts";
import type { Buffer, Nest } from "../kernel/nest.ts";
import { verifyNest } from "../kernel/verify.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

export interface OpRun {
  readonly types: readonly TensorType[];
  readonly nests: readonly Nest[];
  /** What the nests computed, in float32. */
  readonly outputs: readonly Elements[];
  /** What the op's reference computed, in float64. */
  readonly reference: readonly Float64Array[];
}

/** An element that no op writes on purpose: what a nest leaves out shows. */
const untouched = -77;

function elementsOf(dtype: Dtype, data: ArrayLike<number>): Elements {
  switch (dtype) {
    case "float32":
      return Float32Array.from(data);
    case "int32":
      return Int32Array.from(data);
    default:
      return Uint8Array.from(data);
  }
}

/** Runs one op twice: by its nests, each verified and interpreted, and by its reference. */
export function runOp<A>(op: OpDefinition<A>, inputs: readonly ReferenceArray[], attributes: A): OpRun {
  const types = op.infer(inputs, attributes);
  const memory = new Map<Buffer, Elements>();
  const nests: Nest[] = [];
  const allocate = (name: string, shape: Shape, dtype: Dtype, data?: ArrayLike<number>): Buffer => {
    const buffer: Buffer = { name, dtype, shape };
    memory.set(buffer, elementsOf(dtype, data ?? new Float64Array(sizeOf(shape)).fill(untouched)));
    return buffer;
  };
  const outputs = types.map(({ shape, dtype }, slot) => allocate(`output${slot}`, shape, dtype));
  op.lower!({
    inputs: inputs.map(({ shape, dtype, data }, slot) => allocate(`input${slot}`, shape, dtype, data)),
    outputs,
    attributes,
    temporary: (name, shape, dtype = "float32") => allocate(name, shape, dtype),
    emit: (nest) => nests.push(nest),
  });
  for (const nest of nests) {
    verifyNest(nest);
    interpretNest(nest, (buffer) => memory.get(buffer)!);
  }
  return {
    types,
    nests,
    outputs: outputs.map((buffer) => memory.get(buffer)!),
    reference: op.reference(inputs, attributes, types),
  };
}
