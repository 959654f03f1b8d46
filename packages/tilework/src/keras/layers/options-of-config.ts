import type { KerasConfig } from "../initializers/initializer.ts";
import { camelCase } from "./class-name.ts";

/** Keras's config as options: null is what was left out, and a dtype policy is its dtype. */
export function optionsOfConfig(config: KerasConfig, fixed: KerasConfig): Readonly<Record<string, unknown>> {
  const entries = Object.entries(config).filter(([key, value]) => value !== null && value !== fixed[key]);
  const options = Object.fromEntries(entries.map(([key, value]) => [camelCase(key), value]));
  const policy = options.dtype as { readonly config?: { readonly name?: unknown } } | undefined;
  return typeof policy === "object" ? { ...options, dtype: policy.config?.name } : options;
}
