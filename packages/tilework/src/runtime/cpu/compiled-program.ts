/** A program's plan with its printed kernels; programs of the same structure share it. */
import type { KernelCode } from "../../codegen/kernel-code.ts";
import type { Plan } from "../../compiler/plan.ts";
import type { Target } from "../../compiler/target.ts";
import { type Program, variablesOf } from "../../graph/program.ts";
import type { Variable } from "../../graph/value.ts";
import { checkPlanFits } from "../plan-memory-error.ts";
import { aligned } from "./allocator.ts";
import type { CpuRuntime } from "./cpu-runtime.ts";
import type { KernelBinary } from "./messages.ts";
import type { Toolchain } from "./toolchain.ts";
import { maximumPages } from "./wasm-memory.ts";

export class CompiledProgram {
  readonly plan: Plan;
  readonly binary: KernelBinary;
  /** The program's number in the workers. */
  readonly number: number;
  /** The variables of the program that was compiled; others of this structure have theirs in the same order. */
  readonly variables: readonly Variable[];
  /** For each kernel the addresses of its tables. */
  readonly tables: readonly (readonly number[])[];

  constructor(
    runtime: CpuRuntime,
    plan: Plan,
    binary: KernelBinary,
    variables: readonly Variable[],
    tables: readonly (readonly Int32Array[])[],
  ) {
    this.plan = plan;
    this.binary = binary;
    this.variables = variables;
    this.number = runtime.numberProgram(this);
    this.tables = this.#placeTables(runtime, tables);
  }

  #placeTables(runtime: CpuRuntime, tables: readonly (readonly Int32Array[])[]): number[][] {
    const all = tables.flat();
    if (all.length === 0) return tables.map(() => []);
    const bytes = all.reduce((sum, table) => sum + aligned(table.byteLength), 0);
    const address = runtime.memory.allocate(bytes);
    runtime.own(this, [address]);
    let offset = 0;
    const offsets = all.map((table) => {
      const at = offset;
      offset += aligned(table.byteLength);
      return at;
    });
    runtime.memory.write(address, bytes, (target) => {
      const words = new Int32Array(target.buffer, target.byteOffset, target.byteLength / 4);
      all.forEach((table, at) => {
        words.set(table, offsets[at]! / 4);
      });
    });
    let next = 0;
    return tables.map((own) => own.map(() => address + offsets[next++]!));
  }
}

/** Compiles and prints on this thread, and lets the engine compile the module off it. */
export async function compileForCpu(
  runtime: CpuRuntime,
  toolchain: Toolchain,
  program: Program,
  target: Target,
): Promise<CompiledProgram> {
  const plan = toolchain.plan(program, target);
  checkPlanFits(plan, runtime.availableForArena);
  toolchain.verify(plan);
  const kernels = plan.kernels.map((kernel) => toolchain.emit(kernel));
  const binary =
    target.printer === "x64"
      ? await printMachineCode(kernels, target)
      : await printModule(runtime, toolchain, kernels, target);
  const tables = kernels.map((kernel) => kernel.tables);
  return new CompiledProgram(runtime, plan, binary, variablesOf(program), tables);
}

async function printModule(
  runtime: CpuRuntime,
  toolchain: Toolchain,
  kernels: readonly KernelCode[],
  target: Target,
): Promise<KernelBinary> {
  const memory = { initial: 1, maximum: maximumPages, shared: runtime.memory.shared !== undefined };
  const module = await WebAssembly.compile(toolchain.print(kernels, { relaxed: target.fused, memory }));
  return { kind: "wasm", module, kernels: kernels.length };
}

/** The printer of machine code is loaded where it is used only: browsers never need it. */
async function printMachineCode(kernels: readonly KernelCode[], target: Target): Promise<KernelBinary> {
  const { printX64 } = await import("../../codegen/x64/print-kernel.ts");
  const parts = kernels.map((kernel) => printX64(kernel, target.lanes === 16 ? "avx512" : "avx2"));
  const offsets: number[] = [];
  let bytes = 0;
  for (const part of parts) {
    offsets.push(bytes);
    bytes += aligned(part.length);
  }
  const code = new Uint8Array(bytes);
  parts.forEach((part, at) => {
    code.set(part, offsets[at]!);
  });
  return { kind: "x64", code, offsets };
}
