/**
 * Fusion of nests: what would pass through memory passes through registers, where the shapes allow. No rewrite
 * here changes arithmetic, so results keep their bits with fusion on or off.
 */
import { atOnce, type InPieces } from "../../util/in-pieces.ts";
import type { LoweredProgram } from "../lower.ts";
import { fuseEpilogue } from "./fuse-epilogue.ts";
import { fuseTile } from "./fuse-tile.ts";
import { fuseWindow } from "./fuse-window.ts";
import { inlineProducer } from "./inline-producer.ts";
import { mergeSiblings } from "./merge-siblings.ts";
import { type Item, NestList } from "./nest-list.ts";
import { pruneReductions } from "./prune-reductions.ts";

export function fuseNests(program: LoweredProgram): LoweredProgram {
  return atOnce(fuseNestsInPieces(program));
}

export function* fuseNestsInPieces(program: LoweredProgram): InPieces<LoweredProgram> {
  const list = new NestList(program);
  removeDead(list);
  yield* inlineAll(list);
  yield* fuseAll(list);
  yield* inlineAll(list);
  yield* fuseAll(list);
  yield* fuseWindows(list);
  yield* fuseAll(list);
  yield* mergeSiblings(list);
  removeDead(list);
  return { ...program, nests: list.result() };
}

function* inlineAll(list: NestList): InPieces<void> {
  for (const item of [...list.items]) {
    if (list.items.includes(item)) inlineProducer(list, item);
    yield;
  }
}

function* fuseAll(list: NestList): InPieces<void> {
  for (let at = 0; at < list.items.length; at++) {
    yield;
    const consumer = list.items[at]!;
    if (consumer.nest.levels.length > 0 || consumer.nest.guards.length > 0) continue;
    for (const storage of consumer.reads) {
      if (!fuseEpilogue(list, consumer, storage)) continue;
      at = -1;
      break;
    }
  }
}

function* fuseWindows(list: NestList): InPieces<void> {
  for (const item of [...list.items]) {
    if (item.nest.levels.length === 1 && list.items.includes(item)) fuseReads(list, item);
    yield;
  }
}

function fuseReads(list: NestList, pooling: Item): void {
  for (const storage of pooling.reads)
    if (fuseWindow(list, pooling, storage) || fuseTile(list, pooling, storage)) return;
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
