const burstMilliseconds = 40;
const mostSteps = 1024;

/** How many steps of a program go into a call: enough for some 40 ms. It learns from how long calls take. */
export class BurstSize {
  #steps = 1;

  get steps(): number {
    return this.#steps;
  }

  measured(steps: number, milliseconds: number): void {
    const fitting = Math.floor((burstMilliseconds * steps) / Math.max(milliseconds, 0.01));
    this.#steps = Math.max(1, Math.min(fitting, this.#steps * 4, mostSteps));
  }
}
