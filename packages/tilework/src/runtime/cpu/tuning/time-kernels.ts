/** Times ways to do the same work against each other, on one worker, within a limit. */
import type { Kernel } from "../loading/kernel-loader.ts";

/** A kernel's whole work, or equal shares of it. */
export interface TimedCall {
  readonly kernel: number;
  /** Address of its argument block. */
  readonly block: number;
  readonly tasks: number;
  /** Into how many equal shares the tasks fall; 1: they are timed as a whole. */
  readonly slices: number;
}

/** Calls one after the other. */
export type TimedWay = readonly TimedCall[];

export interface TimingOptions {
  /** The ways do different work: each gets a rough time, and none is given up for another one's sake. */
  readonly survey?: boolean;
}

const mostRounds = 12;

/** Milliseconds that a call should take at least, so that the clock tells two apart. */
const shortestCall = 0.1;

/** The first round meets cold caches and counts for nothing; one more might have met something else. */
const fewestRounds = 4;

/** Rounds where a rough time is enough. */
const surveyRounds = 3;

/** Ways this much slower than the first one are not timed any more. */
const hopeless = 1.15;

/**
 * Milliseconds of each way, the shortest of several rounds: what else the processor does only ever adds to them.
 * All ways take turns, each with the next shares of the work, so that they find the caches alike. Undefined where
 * the time did not suffice.
 */
export function timeKernels(
  kernels: readonly Kernel[],
  ways: readonly TimedWay[],
  milliseconds: number,
  { survey = false }: TimingOptions = {},
): (number | undefined)[] {
  const end = performance.now() + milliseconds;
  const fewest = survey ? surveyRounds : fewestRounds;
  const rounds = survey ? surveyRounds : mostRounds;
  const timers = ways.map((calls) => new WayTimer(kernels, calls, fewest));
  let affordable = ways.length;
  for (let round = 0, turn = 0; round < rounds; round++)
    for (const [at, timer] of timers.entries()) {
      if (at >= affordable || (!survey && timer.isHopeless(timers[0]!))) continue;
      const left = end - performance.now();
      if (left < 0) return timers.map((timed) => timed.total);
      timer.run(round, turn++);
      if (turn === 1 && !survey) affordable = Math.floor(left / (fewest * timer.lasted));
      if (affordable < Math.min(2, ways.length)) return ways.map(() => undefined);
    }
  return timers.map((timed) => timed.total);
}

class WayTimer {
  readonly #calls: readonly CallTimer[];
  readonly #fewest: number;
  #rounds = 0;
  /** Milliseconds of the last turn. */
  lasted = 0;

  constructor(kernels: readonly Kernel[], calls: TimedWay, fewest: number) {
    this.#fewest = fewest;
    this.#calls = calls.map((call) => new CallTimer(kernels[call.kernel]!, call));
  }

  run(round: number, turn: number): void {
    const start = performance.now();
    for (const call of this.#calls) call.run(turn, round > 0);
    this.lasted = performance.now() - start;
    this.#rounds++;
  }

  /** Whether it is not worth another turn beside the first way. */
  isHopeless(first: WayTimer): boolean {
    return this.total !== undefined && first.total !== undefined && this.total > hopeless * first.total;
  }

  /** Milliseconds of the whole work; undefined after too few rounds. */
  get total(): number | undefined {
    return this.#rounds < this.#fewest ? undefined : this.#calls.reduce((sum, call) => sum + call.whole, 0);
  }
}

class CallTimer {
  readonly #kernel: Kernel;
  readonly #call: TimedCall;
  #shares = 1;
  #best = Number.POSITIVE_INFINITY;

  constructor(kernel: Kernel, call: TimedCall) {
    this.#kernel = kernel;
    this.#call = call;
  }

  run(turn: number, counts: boolean): void {
    const { block, tasks, slices } = this.#call;
    const first = (turn * this.#shares) % slices;
    const end = Math.min(first + this.#shares, slices);
    const start = performance.now();
    this.#kernel(block, (first * tasks) / slices, (end * tasks) / slices);
    const time = (performance.now() - start) / (end - first);
    if (counts) this.#best = Math.min(this.#best, time);
    else this.#shares = Math.max(1, Math.min(slices, Math.ceil(shortestCall / time)));
  }

  /** Milliseconds of the whole work. */
  get whole(): number {
    return this.#best * this.#call.slices;
  }
}
