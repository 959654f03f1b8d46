import type { KernelCase, Lanes } from "./kernel-cases.ts";
import { arithmeticCases } from "./kernel-cases-arithmetic.ts";
import { controlCases } from "./kernel-cases-control.ts";
import { memoryCases } from "./kernel-cases-memory.ts";

/** Every hand-written kernel with its expected effect, for vectors of this many lanes. */
export function allKernelCases(lanes: Lanes): KernelCase[] {
  return [...arithmeticCases(lanes), ...memoryCases(lanes), ...controlCases(lanes)];
}
