import type { ExplainedBuffer } from "../../../compiler/explain/explain-plan.ts";
import { kindColors, otherKinds } from "./kind-colors.ts";
import type { StepExplanation } from "./step-explanation.ts";

/** Kinds of layers with their colors, and which one something is of. */
export interface Kinds {
  readonly colors: ReadonlyMap<string, string>;
  /** One of the kinds that have colors. */
  of(origins: string): string;
  colorOf(buffer: ExplainedBuffer): string;
}

/** Of several layers the first counts; the kinds that most memory is of have colors of their own. */
export function kindsOf({ layerKinds, buffers, prepared, kernels }: StepExplanation): Kinds {
  const parts: Readonly<Record<string, string>> = {
    loss: "loss and metrics",
    metrics: "loss and metrics",
    optimizer: "optimizer",
  };
  const inputs = new Set(buffers.filter(({ origin, name }) => origin === name).map(({ name }) => name));
  const kindOf = (origins: string): string => {
    const first = origins.split(", ")[0]!;
    return layerKinds.get(first) ?? parts[first] ?? (inputs.has(first) ? "inputs of the step" : otherKinds);
  };
  const sizes = new Map<string, number>();
  const add = (origins: string, bytes: number): void => {
    sizes.set(kindOf(origins), (sizes.get(kindOf(origins)) ?? 0) + bytes);
  };
  for (const { origins } of kernels) add(origins[0]!, 0);
  for (const { origin, bytes } of [...buffers, ...prepared]) add(origin, bytes);
  const colors = kindColors(sizes);
  const of = (origins: string): string => {
    const kind = kindOf(origins);
    return colors.has(kind) ? kind : otherKinds;
  };
  return { colors, of, colorOf: ({ origin }) => colors.get(of(origin))! };
}
