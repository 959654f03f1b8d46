import { classNameOf, snakeCase } from "./class-name.ts";

/** What errors call a layer that has no name yet: its class's default name without a number. */
export function ownerOf(layerClass: unknown): string {
  return snakeCase(classNameOf(layerClass as { className?: string; name: string }));
}
