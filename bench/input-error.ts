/** What the caller gave is wrong: an argument, a shapes file. The message says all that is needed to mend it. */
export class InputError extends Error {
  override readonly name = "InputError";
}
