/**
 * Fusion of nests: what would pass through memory passes through registers, where the shapes allow. No rewrite
 * here changes arithmetic, so results keep their bits with fusion on or off.
 */
import type { LoweredProgram } from "../lower.ts";
import { fuseEpilogue } from "./fuse-epilogue.ts";
import { fuseWindow } from "./fuse-window.ts";
import { inlineProducer } from "./inline-producer.ts";
import { NestList } from "./nest-list.ts";
import { pruneReductions } from "./prune-reductions.ts";

export function fuseNests(program: LoweredProgram): LoweredProgram {
  const list = new NestList(program);
  removeDead(list);
  inlineAll(list);
  fuseAll(list);
  inlineAll(list);
  fuseAll(list);
  fuseWindows(list);
  fuseAll(list);
  removeDead(list);
  return { ...program, nests: list.result() };
}

function inlineAll(list: NestList): void {
  for (const item of [...list.items]) if (list.items.includes(item)) inlineProducer(list, item);
}

function fuseAll(list: NestList): void {
  for (let at = 0; at < list.items.length; at++) {
    const consumer = list.items[at]!;
    if (consumer.nest.levels.length > 0 || consumer.nest.guards.length > 0) continue;
    for (const storage of consumer.reads) {
      if (!fuseEpilogue(list, consumer, storage)) continue;
      at = -1;
      break;
    }
  }
}

function fuseWindows(list: NestList): void {
  for (const item of [...list.items])
    for (const storage of item.reads) if (list.items.includes(item) && fuseWindow(list, item, storage)) break;
}

/** Drops nests, and single stores, whose results nobody needs. */
export function removeDead(list: NestList): void {
  for (const item of [...list.items].reverse()) {
    const needed = item.nest.stores.filter((store) => {
      const buffer = item.nest.buffers[store.buffer]!;
      return list.isNeeded(buffer.viewOf ?? buffer);
    });
    if (needed.length === 0) list.remove(item);
    else if (needed.length < item.nest.stores.length)
      list.replace(item, pruneReductions({ ...item.nest, stores: needed }));
  }
}
