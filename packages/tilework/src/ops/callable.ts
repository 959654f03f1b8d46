import type { OpDefinition } from "../graph/define-op.ts";

/** A function that applies an op and carries the op's definition, for whoever looks for its nodes. */
export type Callable<F, A> = F & { readonly definition: OpDefinition<A> };

/** Binds a convenient call (defaults filled in, attributes normalised) to the definition that it applies. */
export function callable<F extends object, A>(definition: OpDefinition<A>, call: F): Callable<F, A> {
  return Object.assign(call, { definition });
}
