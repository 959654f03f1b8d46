/**
 * The errors that users meet. Each message names the argument or layer, the rule, the received value and,
 * where there is one, the mend.
 */

/** Base class of every error that Tilework throws on purpose. */
export class TileworkError extends Error {
  override name = "TileworkError";
}

/** An argument was refused before anything changed. `argument` is its name as the caller wrote it. */
export class ArgumentError extends TileworkError {
  override name = "ArgumentError";
  readonly argument: string;

  constructor(argument: string, message: string) {
    super(message);
    this.argument = argument;
  }
}

/** A shape does not fit: refused when the layer is added or the op is traced, never later. */
export class ShapeError extends TileworkError {
  override name = "ShapeError";
}

/** Something inside Tilework broke its own invariant: a bug worth reporting, never the caller's fault. */
export class InternalError extends TileworkError {
  override name = "InternalError";

  constructor(message: string) {
    super(`${message} (this is a bug in Tilework)`);
  }
}

/** Narrows away what cannot happen; throws an InternalError when it happens. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** Ends an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected ${JSON.stringify(value)}`);
}
