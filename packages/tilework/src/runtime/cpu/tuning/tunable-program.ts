/**
 * A program that is compiled a second time, with schedules that were timed, once it has run for as long as finding
 * them may take: short programs start as fast as they can, long ones gain. Results keep their bits.
 */
import type { FusedPrograms } from "../../../compiler/compile.ts";
import type { Plan } from "../../../compiler/plan.ts";
import type { Schedule } from "../../../compiler/schedule.ts";
import type { Target } from "../../../compiler/target.ts";
import type { Program } from "../../../graph/program.ts";
import { platform } from "../../../platform/current.ts";
import type { InPieces } from "../../../util/in-pieces.ts";
import { Breaks } from "../../breaks.ts";
import { type CompiledProgram, type CpuCompiler, compilePlan } from "../program/compiled-program.ts";
import { foundSchedule, foundSchedules } from "./found-schedules.ts";
import { timeSchedules } from "./schedule-timer.ts";

export class TunableProgram {
  readonly #compiler: CpuCompiler;
  readonly #target: Target;
  #current: CompiledProgram;
  /** What it takes to compile the program again; undefined when that will not happen any more. */
  #source: Source | undefined;
  #spent = 0;

  private constructor(
    compiler: CpuCompiler,
    target: Target,
    current: CompiledProgram,
    source: Source | undefined,
  ) {
    this.#compiler = compiler;
    this.#target = target;
    this.#current = current;
    this.#source = source;
  }

  static async compile(
    compiler: CpuCompiler,
    target: Target,
    program: Program,
    fused: FusedPrograms = new WeakMap(),
  ): Promise<TunableProgram> {
    const breaks = new Breaks();
    await breaks.now();
    const source: Source = { program, fused, defaults: new Map() };
    const plan = await breaks.during(planOf(compiler, target, source));
    const current = await compilePlan(compiler, target, program, plan);
    return new TunableProgram(compiler, target, current, mayTune(compiler, target) ? source : undefined);
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
    const source = this.#source;
    if (source === undefined || this.#spent < this.#compiler.tuning) return;
    this.#source = undefined;
    // Where it fails (no room for scratch memory, workers that ended), the program that is there still does.
    this.#compiler.runtime.exclusive(() => this.#tune(source)).catch(() => undefined);
  }

  async #tune(source: Source): Promise<void> {
    const { runtime, printer, toolchain, tuning } = this.#compiler;
    const target = this.#target;
    await toolchain.tune!(source.program, target, {
      known: foundSchedules,
      fused: source.fused,
      milliseconds: tuning,
      measure: (ways, milliseconds) => timeSchedules(runtime, printer, target, ways, milliseconds),
      survey: (ways, milliseconds) =>
        timeSchedules(runtime, printer, target, ways, milliseconds, { survey: true }),
      now: platform.now,
    });
    const plan = await new Breaks().during(planOf(this.#compiler, target, source));
    if (schedulesOf(plan) === schedulesOf(this.#current.plan)) return;
    if (!runtime.hasRoom([], { plan, namesRows: true })) return;
    this.#current = await compilePlan(this.#compiler, target, source.program, plan);
  }
}

interface Source {
  readonly program: Program;
  readonly fused: FusedPrograms;
  /** Schedules of the nests that nothing better is found for. */
  readonly defaults: Map<string, Schedule>;
}

/** WebAssembly is not tuned: engines compile it better and better while it runs, which no short timing can judge. */
function mayTune({ runtime, toolchain, tuning }: CpuCompiler, { printer }: Target): boolean {
  return tuning > 0 && toolchain.tune !== undefined && printer === "x64" && runtime.base !== undefined;
}

function planOf(
  { toolchain, runtime }: CpuCompiler,
  target: Target,
  { program, fused, defaults }: Source,
): InPieces<Plan> {
  return toolchain.plan(program, target, {
    fused,
    defaults,
    workers: runtime.threads,
    found: (nest) => foundSchedule(nest, target),
  });
}

function schedulesOf({ kernels }: Plan): string {
  return JSON.stringify(kernels.map(({ schedule }) => schedule));
}
