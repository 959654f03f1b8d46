/** Long work that can be done in pieces: a generator that yields where others may have their turn. */
export type InPieces<T> = Generator<undefined, T, undefined>;

/** Does the work in one go. */
export function atOnce<T>(work: InPieces<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
