/** Warnings that would repeat themselves. */
import { platform } from "../platform/current.ts";

const given = new Set<string>();

/** Warns on the user's console, the first time that this message comes up. */
export function warnOnce(message: string): void {
  if (given.has(message)) return;
  given.add(message);
  platform.warn(message);
}
