/**
 * The nests of a program while fusion works on them: an ordered list that knows who writes and who reads each
 * storage. Storages are written once (in parts, by several nests, at most), so any reader follows its writers.
 */
import { readsOf, writesOf } from "../../kernel/access.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import type { LoweredProgram, OriginNest } from "../lower.ts";

export interface Item {
  nest: Nest;
  origin: string;
  reads: ReadonlySet<Buffer>;
  writes: ReadonlySet<Buffer>;
}

export class NestList {
  readonly items: Item[];
  /** Storages that must exist after the step: outputs and variables' new values. */
  readonly kept: ReadonlySet<Buffer>;
  readonly #writers = new Map<Buffer, Set<Item>>();
  readonly #readers = new Map<Buffer, Set<Item>>();

  /** For each consumer the producers, by the storage between them, that it can never join. */
  readonly #refused = new WeakMap<Nest, Map<Buffer, Nest>>();

  constructor(program: LoweredProgram) {
    this.kept = new Set(
      [...program.outputs.values(), ...program.updates.map((update) => update.buffer)].map(storageOf),
    );
    this.items = program.nests.map(({ nest, origin }) => this.#register({ ...describe(nest), origin }));
  }

  writersOf(storage: Buffer): readonly Item[] {
    return [...(this.#writers.get(storage) ?? [])];
  }

  /** The nest that writes all of a storage; undefined where several share it. */
  onlyWriterOf(storage: Buffer): Item | undefined {
    const writers = this.#writers.get(storage);
    return writers?.size === 1 ? writers.values().next().value : undefined;
  }

  readersOf(storage: Buffer): readonly Item[] {
    return [...(this.#readers.get(storage) ?? [])];
  }

  /** Remembers that the shapes of these two do not fit, wherever they stand. */
  refuse(consumer: Nest, producer: Nest, storage: Buffer): void {
    const refused = this.#refused.get(consumer) ?? new Map<Buffer, Nest>();
    refused.set(storage, producer);
    this.#refused.set(consumer, refused);
  }

  isRefused(consumer: Nest, producer: Nest, storage: Buffer): boolean {
    return this.#refused.get(consumer)?.get(storage) === producer;
  }

  /** Whether someone other than `except` needs the storage. */
  isNeeded(storage: Buffer, except?: Item): boolean {
    if (this.kept.has(storage)) return true;
    const readers = this.#readers.get(storage);
    return readers !== undefined && readers.size > (except !== undefined && readers.has(except) ? 1 : 0);
  }

  replace(item: Item, nest: Nest): void {
    this.#forget(item);
    Object.assign(item, describe(nest));
    this.#register(item);
  }

  remove(item: Item): void {
    this.#forget(item);
    this.items.splice(this.items.indexOf(item), 1);
  }

  result(): OriginNest[] {
    return this.items.map(({ nest, origin }) => ({ nest, origin }));
  }

  #register(item: Item): Item {
    for (const storage of item.writes) entry(this.#writers, storage).add(item);
    for (const storage of item.reads) entry(this.#readers, storage).add(item);
    return item;
  }

  #forget(item: Item): void {
    for (const storage of item.writes) this.#writers.get(storage)?.delete(item);
    for (const storage of item.reads) this.#readers.get(storage)?.delete(item);
  }
}

function describe(nest: Nest): { nest: Nest; reads: Set<Buffer>; writes: Set<Buffer> } {
  return { nest, reads: readsOf(nest), writes: writesOf(nest) };
}

function entry(map: Map<Buffer, Set<Item>>, storage: Buffer): Set<Item> {
  const known = map.get(storage);
  if (known !== undefined) return known;
  const made = new Set<Item>();
  map.set(storage, made);
  return made;
}
