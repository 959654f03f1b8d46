/** Breaks in long work on the coordinating thread, so that timers, pages and other callers get their turn. */
import { platform } from "../platform/current.ts";
import type { InPieces } from "../util/in-pieces.ts";

/** Milliseconds of work between two breaks. */
const stretch = 10;

export class Breaks {
  #since = platform.now();

  get #isDue(): boolean {
    return platform.now() - this.#since >= stretch;
  }

  /** Lets others have their turn when the last break is long ago. */
  async take(): Promise<void> {
    if (this.#isDue) await this.now();
  }

  /** Does work in pieces, with breaks between them. */
  async during<T>(work: InPieces<T>): Promise<T> {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      if (this.#isDue) await this.now();
    }
  }

  /** Lets others have their turn at once. */
  async now(): Promise<void> {
    await platform.turn();
    this.#since = platform.now();
  }
}
