/** Breaks in long work on the coordinating thread, so that timers, pages and other callers get their turn. */
import { platform } from "../platform/current.ts";

/** Milliseconds of work between two breaks. */
const stretch = 10;

export class Breaks {
  #since = platform.now();

  /** Lets others have their turn when the last break is long ago. */
  async take(): Promise<void> {
    if (platform.now() - this.#since >= stretch) await this.now();
  }

  /** Lets others have their turn at once. */
  async now(): Promise<void> {
    await new Promise<void>((resume) => setTimeout(resume, 0));
    this.#since = platform.now();
  }
}
