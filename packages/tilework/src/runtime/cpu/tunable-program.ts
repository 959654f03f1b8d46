/**
 * A program that is compiled a second time, with schedules that were timed, once it has run for as long as finding
 * them may take: short programs start as fast as they can, long ones gain. Results keep their bits.
 */
import type { Plan } from "../../compiler/plan.ts";
import type { Target } from "../../compiler/target.ts";
import type { Program } from "../../graph/program.ts";
import { platform } from "../../platform/current.ts";
import { type CompiledProgram, type CpuCompiler, compilePlan } from "./compiled-program.ts";
import { foundSchedule, foundSchedules } from "./found-schedules.ts";
import { timeSchedules } from "./schedule-timer.ts";

export class TunableProgram {
  readonly #compiler: CpuCompiler;
  readonly #target: Target;
  #current: CompiledProgram;
  #program: Program | undefined;
  #spent = 0;

  private constructor(compiler: CpuCompiler, target: Target, program: Program, current: CompiledProgram) {
    this.#compiler = compiler;
    this.#target = target;
    this.#program = program;
    this.#current = current;
  }

  static async compile(compiler: CpuCompiler, target: Target, program: Program): Promise<TunableProgram> {
    const plan = compiler.toolchain.plan(program, target, { found: (nest) => foundSchedule(nest, target) });
    return new TunableProgram(compiler, target, program, await compilePlan(compiler, target, program, plan));
  }

  /** What to run. It changes within the runtime's queue only, while nothing runs. */
  get current(): CompiledProgram {
    return this.#current;
  }

  /** Steps took so many milliseconds. */
  ran(milliseconds: number): void {
    this.#spent += milliseconds;
  }

  /** Call it before steps are queued: where the time has come, tuning takes its place in the queue before them. */
  prepare(): void {
    const program = this.#program;
    if (program === undefined || this.#spent < this.#compiler.tuning) return;
    this.#program = undefined;
    if (!this.#mayTune) return;
    // Where it fails (no room for scratch memory, workers that ended), the program that is there still does.
    this.#compiler.runtime.exclusive(() => this.#tune(program)).catch(() => undefined);
  }

  /** An engine compiles WebAssembly better and better while it runs, which no short measurement can judge. */
  get #mayTune(): boolean {
    const { runtime, toolchain, tuning } = this.#compiler;
    return (
      tuning > 0 &&
      toolchain.tune !== undefined &&
      this.#target.printer === "x64" &&
      runtime.base !== undefined
    );
  }

  async #tune(program: Program): Promise<void> {
    const { runtime, printer, toolchain, tuning } = this.#compiler;
    const target = this.#target;
    await toolchain.tune!(program, target, {
      known: foundSchedules,
      milliseconds: tuning,
      measure: (ways, milliseconds) => timeSchedules(runtime, printer, target, ways, milliseconds),
      now: platform.now,
    });
    const plan = toolchain.plan(program, target, { found: (nest) => foundSchedule(nest, target) });
    if (schedulesOf(plan) === schedulesOf(this.#current.plan)) return;
    this.#current = await compilePlan(this.#compiler, target, program, plan);
  }
}

function schedulesOf({ kernels }: Plan): string {
  return JSON.stringify(kernels.map(({ schedule }) => schedule));
}
