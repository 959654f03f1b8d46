/**
 * Keras's progress line: a bar, the time, and the running values. On a terminal it redraws itself in place, at most
 * every 50 ms; otherwise one line is written when the epoch is over. Formats are those of Keras 3's Progbar.
 */

import type { Terminal } from "../../platform/platform.ts";

/** Where text goes, and whether it understands cursor movement and colours. */
export type TextOutput = Pick<Terminal, "isTTY" | "write">;

export interface ProgressBarOptions {
  /** Steps of the epoch; undefined when nobody knows. */
  readonly target: number | undefined;
  /** 1: a bar that redraws itself; 2: one line at the end. */
  readonly verbose: 1 | 2;
  readonly output: TextOutput;
  /** Seconds; any origin. */
  readonly now: () => number;
}

const barWidth = 20;
const redrawInterval = 0.05;

const bold = (text: string): string => `\x1b[1m${text}\x1b[0m`;
const green = (text: string): string => `\x1b[32m${text}\x1b[0m`;
const white = (text: string): string => `\x1b[37m${text}\x1b[0m`;

/** `12ms/step`, `3s/step` or `480us/step`. */
export function formatStepTime(seconds: number): string {
  if (seconds >= 1 || seconds === 0) return `${formatWhole(seconds)}s/step`;
  if (seconds >= 1e-3) return `${formatWhole(seconds * 1e3)}ms/step`;
  return `${formatWhole(seconds * 1e6)}us/step`;
}

/** `42s`, `1:05` or `2:03:09`. */
export function formatRemaining(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (part: number): string => String(Math.floor(part)).padStart(2, "0");
  if (seconds > 3600) return `${Math.floor(whole / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  if (seconds > 60) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  return `${whole}s`;
}

/** Four decimals, or scientific with four digits for what would vanish: `0.9512`, `1.2000e-04`. */
export function formatMetric(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Math.abs(value) > 1e-3) return value.toFixed(4);
  const [digits, exponent] = value.toExponential(4).split("e");
  const size = exponent!.slice(1).padStart(2, "0");
  return `${digits}e${exponent![0]}${size}`;
}

/** Rounds halves to even, as Python's `%.0f` does. */
function formatWhole(value: number): string {
  const floor = Math.floor(value);
  const half = value - floor === 0.5;
  return String(half ? floor + (floor % 2) : Math.round(value));
}

/** Draws the line of one epoch, evaluation or prediction. */
export class ProgressBar {
  readonly #options: ProgressBarOptions;
  readonly #start: number;
  readonly #values: Map<string, number> = new Map();
  #lastDrawn = Number.NEGATIVE_INFINITY;
  #afterFirstStep: number | undefined;
  #previousWidth = 0;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
    this.#start = options.now();
  }

  /** Takes the values after step `current` (counted from 1); draws when it is time to, or when all is over. */
  update(current: number, values: Readonly<Record<string, number>>, finalize = false): void {
    for (const [name, value] of Object.entries(values)) this.#values.set(name, value);
    const now = this.#options.now();
    const stepTime = this.#stepTime(current, now);
    if (this.#options.verbose === 1) this.#draw(current, now, stepTime, finalize);
    else if (finalize && this.#options.target) this.#printLine(current, now, stepTime);
  }

  #stepTime(current: number, now: number): number {
    if (current === 0) return 0;
    const first = this.#afterFirstStep;
    if (current === 1) this.#afterFirstStep ??= now;
    return first !== undefined && current > 1 ? (now - first) / (current - 1) : (now - this.#start) / current;
  }

  #draw(current: number, now: number, stepTime: number, finalize: boolean): void {
    if (!finalize && now - this.#lastDrawn < redrawInterval) return;
    this.#lastDrawn = now;
    const { target, output } = this.#options;
    const { text: bar, width: shownBar } = this.#bar(current);
    const time =
      target && !finalize
        ? formatRemaining(stepTime * (target - current))
        : `${formatWhole(now - this.#start)}s`;
    const rest = ` ${formatStepTime(stepTime)}${this.#metrics()}`;
    const width = shownBar + 1 + time.length + rest.length;
    const rewind = output.isTTY ? "\b".repeat(this.#previousWidth) + "\r" : "\n";
    const padding = " ".repeat(Math.max(0, this.#previousWidth - width));
    output.write(`${rewind}${bar} ${bold(time)}${rest}${padding}${finalize ? "\n" : ""}`);
    this.#previousWidth = width;
  }

  #bar(current: number): { text: string; width: number } {
    const { target } = this.#options;
    if (!target) {
      const text = `${String(current).padStart(7)}/Unknown`;
      return { text, width: text.length };
    }
    const count = countOf(current, target);
    const done = Math.floor((barWidth * current) / target);
    const drawn = (done > 0 ? green("━".repeat(done)) : "") + white("━".repeat(Math.max(0, barWidth - done)));
    return { text: `${bold(count)} ${drawn}`, width: count.length + 1 + barWidth };
  }

  #printLine(current: number, now: number, stepTime: number): void {
    const time = `${formatWhole(now - this.#start)}s - ${formatStepTime(stepTime)}`;
    this.#options.output.write(`${countOf(current, this.#options.target!)} - ${time}${this.#metrics()}\n`);
  }

  #metrics(): string {
    return [...this.#values].map(([name, value]) => ` - ${name}: ${formatMetric(value)}`).join("");
  }
}

function countOf(current: number, target: number): string {
  return `${String(current).padStart(String(target).length)}/${target}`;
}
