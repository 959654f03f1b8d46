/** The compiler and the printer, as a device uses them. */
import type { KernelCode } from "../../../codegen/kernel-code.ts";
import { emitKernel } from "../../../codegen/tile/emit-kernel.ts";
import { type PrintModuleOptions, printModule } from "../../../codegen/wasm/print-module.ts";
import { type CompileOptions, planInPieces, verifyPlan } from "../../../compiler/compile.ts";
import type { Plan } from "../../../compiler/plan.ts";
import type { ScheduledNest } from "../../../compiler/schedule.ts";
import type { Target } from "../../../compiler/target.ts";
import { tuneSchedules } from "../../../compiler/tuning/tune-schedules.ts";
import type { Program } from "../../../graph/program.ts";
import type { InPieces } from "../../../util/in-pieces.ts";

export interface Toolchain {
  plan(program: Program, target: Target, options?: CompileOptions): InPieces<Plan>;
  /** Finds schedules by timing; left out, programs keep their default ones. */
  readonly tune?: typeof tuneSchedules;
  /** Throws for a plan whose kernels are not proved safe; it comes before `emit`. */
  verify(plan: Plan): void;
  emit(kernel: ScheduledNest): KernelCode;
  /** The bytes of a module that exports `k0`, `k1`, … over the imported `env.memory`. */
  print(kernels: readonly KernelCode[], options: PrintModuleOptions): Uint8Array<ArrayBuffer>;
}

/** The library's own. */
export const compilerToolchain: Toolchain = {
  plan: planInPieces,
  tune: tuneSchedules,
  verify: verifyPlan,
  emit: emitKernel,
  print: printModule,
};
