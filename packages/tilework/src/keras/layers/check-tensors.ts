import { ArgumentError } from "../../util/errors.ts";
import { KerasTensor } from "./keras-tensor.ts";

/** The inputs of one application as a list; refuses what is no symbolic tensor. */
export function checkTensors(layer: string, inputs: unknown): readonly KerasTensor[] {
  const tensors: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  for (const tensor of tensors) {
    if (!(tensor instanceof KerasTensor))
      throw new ArgumentError(
        "inputs",
        `${layer}: apply expects what input(…) or another layer's apply gave, got ${tensor === null ? "null" : typeof tensor}`,
      );
  }
  return tensors as readonly KerasTensor[];
}
