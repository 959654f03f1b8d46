import { getInitializer, type InitializerName } from "../initializers/get-initializer.ts";
import type { Initializer } from "../initializers/initializer.ts";
import type { Check } from "../options/checks.ts";

/** An initializer, or Keras's default where it is left out. */
export function initializerOr(fallback: InitializerName): Check<Initializer> {
  return (value, at) => getInitializer(value ?? fallback, at);
}
