/** A program's plan with its printed kernels; programs of the same structure share it. */
import type { KernelCode } from "../../../codegen/kernel-code.ts";
import type { Plan } from "../../../compiler/plan.ts";
import type { Target } from "../../../compiler/target.ts";
import { type Program, variablesOf } from "../../../graph/program.ts";
import type { Variable } from "../../../graph/value.ts";
import { Breaks } from "../../breaks.ts";
import { checkPlanFits } from "../../plan-memory-error.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import type { MachineCodePrinter } from "../loading/print-machine-code.ts";
import { maximumPages } from "../memory/wasm-memory.ts";
import type { KernelBinary } from "../pool/messages.ts";
import { estimateMicroseconds } from "./estimate-work.ts";
import type { Toolchain } from "./toolchain.ts";

export class CompiledProgram {
  readonly plan: Plan;
  readonly binary: KernelBinary;
  /** How many workers run it: small programs gain nothing from a second one, and its wake-up may take long. */
  readonly workers: number;
  /** The program's number in the workers. */
  readonly number: number;
  /** The variables of the program that was compiled; others of this structure have theirs in the same order. */
  readonly variables: readonly Variable[];
  /** For each kernel its tables. */
  readonly tables: readonly (readonly Int32Array[])[];

  constructor(
    runtime: CpuRuntime,
    plan: Plan,
    binary: KernelBinary,
    variables: readonly Variable[],
    tables: readonly (readonly Int32Array[])[],
  ) {
    this.plan = plan;
    this.binary = binary;
    this.workers = estimateMicroseconds(plan) < runtime.soloMicroseconds ? 1 : runtime.threads;
    this.variables = variables;
    this.number = runtime.numberProgram(this);
    this.tables = tables;
  }
}

/** How many launches a step has, preparations counted; tuning changes schedules, never launches. */
export function launchesOf({ stages }: Plan): number {
  return stages.reduce((sum, { launches }) => sum + launches.length, 0);
}

/** What compiling for one CPU device takes. */
export interface CpuCompiler {
  readonly runtime: CpuRuntime;
  readonly toolchain: Toolchain;
  readonly printer: MachineCodePrinter;
  /** Milliseconds for finding a program's schedules by timing; 0: they are not timed. */
  readonly tuning: number;
}

/** Proves and prints on this thread, with breaks, and lets the engine compile the module off it. */
export async function compilePlan(
  { runtime, toolchain, printer }: CpuCompiler,
  target: Target,
  program: Program,
  plan: Plan,
): Promise<CompiledProgram> {
  checkPlanFits(plan, runtime.availableForArena, runtime.threads);
  const breaks = new Breaks();
  for (const kernel of plan.kernels) {
    toolchain.verify({ ...plan, kernels: [kernel] });
    await breaks.take();
  }
  const { binary, tables } =
    target.printer === "x64"
      ? await printer.print(plan.kernels, target, breaks)
      : await printWebAssembly(runtime, toolchain, plan, target, breaks);
  return new CompiledProgram(runtime, plan, binary, variablesOf(program), tables);
}

async function printWebAssembly(
  runtime: CpuRuntime,
  toolchain: Toolchain,
  plan: Plan,
  target: Target,
  breaks: Breaks,
): Promise<{ binary: KernelBinary; tables: readonly (readonly Int32Array[])[] }> {
  const kernels: KernelCode[] = [];
  for (const kernel of plan.kernels) {
    kernels.push(toolchain.emit(kernel));
    await breaks.take();
  }
  const memory = { initial: 1, maximum: maximumPages, shared: runtime.memory.shared !== undefined };
  const module = await WebAssembly.compile(toolchain.print(kernels, { relaxed: target.fused, memory }));
  const tables = kernels.map((kernel) => kernel.tables);
  return { binary: { kind: "wasm", module, kernels: kernels.length }, tables };
}
