import { storageOf } from "../../kernel/nest.ts";
import { bytesOf } from "../plan-memory.ts";
import type { Target } from "../target.ts";
import type { NestWork } from "./nest-work.ts";

/** Bytes of results that a last level cache may still hold when they are read again, after other launches. */
const keptResultBytes = 16 * 1024 * 1024;

/**
 * Whether the results of an elementwise nest go past the caches: they are too large to be there when they are read
 * again, and a plain store would first read each line that it overwrites. Not for buffers that are updated in place,
 * whose lines have been read.
 */
export function storesPastCaches({ nest, loads }: NestWork, target: Target): boolean {
  if (target.printer !== "x64" || nest.levels.length > 0) return false;
  const read = new Set(loads.map(({ buffer }) => storageOf(nest.buffers[buffer]!)));
  const written = new Set(nest.stores.map(({ buffer }) => storageOf(nest.buffers[buffer]!)));
  const bytes = [...written].reduce((sum, storage) => sum + bytesOf(storage), 0);
  return bytes > keptResultBytes && [...written].every((storage) => !read.has(storage));
}
