/**
 * Gives variables their new values. Where every reader of the old value is done by then, the nest that computes
 * the new value writes the variable's own memory; elsewhere a copy at the end of the step does it.
 */
import { type Load, loadsOf, readsOf, sameIndex, writesOf } from "../kernel/access.ts";
import { axisIndex, type Index } from "../kernel/index-expression.ts";
import { type Buffer, type Nest, type Store, storageOf } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { sameShape } from "../tensor/shape.ts";
import type { LoweredProgram, OriginNest } from "./lower.ts";

export function placeUpdates(program: LoweredProgram): LoweredProgram {
  const list = new AccessList(updatesLast(program));
  const copies: OriginNest[] = [];
  const protectedBuffers = new Set(
    [...program.outputs.values(), ...program.inputs.values(), ...program.variables.values()].map(storageOf),
  );
  const renamed = new Map<Buffer, Buffer>();
  for (const { variable, buffer } of program.updates) {
    const target = program.variables.get(variable)!;
    const source = storageOf(buffer);
    const current = renamed.get(source) ?? source;
    if (current === target) continue;
    if (!protectedBuffers.has(current) && mayWriteInPlace(list, current, target)) {
      list.rename(current, target);
      renamed.set(source, target);
      protectedBuffers.add(target);
    } else {
      const [writer] = list.writersOf(current);
      const origin = writer?.origin ?? variable.name;
      copies.push({ nest: copyNest(variable.name, current, target), origin });
    }
  }
  return { ...program, nests: [...list.items.map(({ nest, origin }) => ({ nest, origin })), ...copies] };
}

interface Item {
  nest: Nest;
  readonly origin: string;
  readonly place: number;
}

/** Nests in order, with who reads and who writes each storage. */
class AccessList {
  readonly items: readonly Item[];
  readonly #readers = new Map<Buffer, Set<Item>>();
  readonly #writers = new Map<Buffer, Set<Item>>();

  constructor(nests: readonly OriginNest[]) {
    this.items = nests.map(({ nest, origin }, place): Item => ({ nest, origin, place }));
    for (const item of this.items) {
      for (const storage of readsOf(item.nest)) add(this.#readers, storage, item);
      for (const storage of writesOf(item.nest)) add(this.#writers, storage, item);
    }
  }

  readersOf(storage: Buffer): ReadonlySet<Item> {
    return this.#readers.get(storage) ?? new Set();
  }

  writersOf(storage: Buffer): ReadonlySet<Item> {
    return this.#writers.get(storage) ?? new Set();
  }

  /** Whoever reads or writes `from` does so to `to`. */
  rename(from: Buffer, to: Buffer): void {
    const views = new Map<Buffer, Buffer>();
    const replace = (buffer: Buffer): Buffer => {
      if (storageOf(buffer) !== from) return buffer;
      const view = views.get(buffer) ?? {
        name: to.name,
        dtype: buffer.dtype,
        shape: buffer.shape,
        viewOf: to,
      };
      views.set(buffer, view);
      return view;
    };
    for (const item of new Set([...this.readersOf(from), ...this.writersOf(from)]))
      item.nest = { ...item.nest, buffers: item.nest.buffers.map(replace) };
    for (const users of [this.#readers, this.#writers]) {
      for (const item of users.get(from) ?? []) add(users, to, item);
      users.delete(from);
    }
  }
}

function add(users: Map<Buffer, Set<Item>>, storage: Buffer, item: Item): void {
  const known = users.get(storage);
  if (known === undefined) users.set(storage, new Set([item]));
  else known.add(item);
}

/** Moves the nests that write updates, and nothing else that others read, behind all other nests. */
function updatesLast(program: LoweredProgram): OriginNest[] {
  const updated = new Set(program.updates.map((update) => storageOf(update.buffer)));
  const outputs = new Set([...program.outputs.values()].map(storageOf));
  const list = new AccessList(program.nests);
  const late = new Set(
    list.items.filter(({ nest }) => [...writesOf(nest)].some((storage) => updated.has(storage))),
  );
  const isBlocked = ({ nest }: Item): boolean =>
    [...writesOf(nest)].some(
      (storage) => outputs.has(storage) || [...list.readersOf(storage)].some((reader) => !late.has(reader)),
    );
  for (let changed = true; changed; ) {
    changed = false;
    for (const item of late)
      if (isBlocked(item)) {
        late.delete(item);
        changed = true;
      }
  }
  return [...list.items.filter((item) => !late.has(item)), ...late];
}

function mayWriteInPlace(list: AccessList, storage: Buffer, variable: Buffer): boolean {
  const [writer, ...others] = list.writersOf(storage);
  if (writer === undefined || others.length > 0 || list.writersOf(variable).has(writer)) return false;
  if ([...list.readersOf(variable)].some((reader) => reader.place > writer.place)) return false;
  const { nest } = writer;
  const stores = nest.stores.filter((store) => storageOf(nest.buffers[store.buffer]!) === storage);
  const loads = loadsOf(nest).filter((load) => storageOf(nest.buffers[load.buffer]!) === variable);
  const isReplaced = ({ buffer, index }: Load): boolean =>
    stores.some(
      (store) =>
        sameShape(nest.buffers[buffer]!.shape, nest.buffers[store.buffer]!.shape) &&
        sameIndex(index, store.index),
    );
  return loads.length === 0 || (loads.every(isReplaced) && areApart(nest, stores));
}

/**
 * Whether no two of the stores ever write the same element. Then what a point replaces no other point reads, and a point
 * reads all that it needs before it stores anything.
 */
function areApart(nest: Nest, stores: readonly Store[]): boolean {
  return stores.every((store, at) =>
    stores
      .slice(0, at)
      .every(
        (other) =>
          sameShape(nest.buffers[store.buffer]!.shape, nest.buffers[other.buffer]!.shape) &&
          store.index.some((index, dimension) => differs(index, other.index[dimension]!)),
      ),
  );
}

/** Whether both are constants, and not the same. */
function differs(a: Index, b: Index): boolean {
  return a.terms.length === 0 && b.terms.length === 0 && a.offset !== b.offset;
}

function copyNest(name: string, from: Buffer, to: Buffer): Nest {
  const nest = new NestBuilder(`copy ${name}`);
  const source: Buffer = { name: from.name, dtype: from.dtype, shape: to.shape, viewOf: from };
  const index = to.shape.map((size, dimension) => axisIndex(nest.space(`i${dimension}`, size)));
  nest.store(to, index, nest.load(source, index));
  return nest.build();
}
