import { nodesOf } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";

/** How often each value is read by nodes or asked for as a root. */
export function countUses(roots: readonly Value[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value): void => {
    uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  for (const root of roots) use(root);
  for (const node of nodesOf(roots)) for (const value of node.inputs) use(value);
  return uses;
}
