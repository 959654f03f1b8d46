/**
 * How long a worker spins before it parks. Spinning is fastest while every worker has a core, and it gives the
 * system time to spread workers over the cores. Where other processes want the cores, a peer may be waiting for just
 * ours: when long spins end in vain twice in a row, spins are short for a while, and then long ones are tried again.
 */

/** Milliseconds of a short spin. */
const shortSpin = 0.02;

/** Milliseconds until long spins are tried again. */
const impatience = 30;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

export class Patience {
  readonly #longSpin: number;
  #failures = 0;
  #patientFrom = 0;
  #gaveUp = 0;
  #wasLong = false;

  constructor(spinMilliseconds: number) {
    this.#longSpin = spinMilliseconds;
  }

  /** Whether the condition came true before patience ended. */
  spin(isTrue: () => boolean): boolean {
    for (let turn = 0; turn < 100; turn++) {
      if (isTrue()) return true;
      pause();
    }
    const begin = performance.now();
    this.#wasLong = begin >= this.#patientFrom;
    this.#gaveUp = begin + (this.#wasLong ? this.#longSpin : shortSpin);
    while (performance.now() < this.#gaveUp)
      for (let turn = 0; turn < 100; turn++) {
        if (isTrue()) {
          this.#failures = 0;
          return true;
        }
        pause();
      }
    return false;
  }

  /** Called after having parked: was it our core that the peer waited for? */
  woken(): void {
    if (!this.#wasLong) return;
    const now = performance.now();
    this.#failures = now - this.#gaveUp < this.#longSpin ? this.#failures + 1 : 0;
    if (this.#failures < 2) return;
    this.#failures = 0;
    this.#patientFrom = now + impatience;
  }
}
