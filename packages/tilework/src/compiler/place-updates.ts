/**
 * Gives variables their new values. Where every reader of the old value is done by then, the nest that computes
 * the new value writes the variable's own memory; elsewhere a copy at the end of the step does it.
 */
import { loadsOf, readsOf, sameIndex, writesOf } from "../kernel/access.ts";
import { axisIndex } from "../kernel/index-expression.ts";
import { type Buffer, type Nest, storageOf } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import type { LoweredProgram, OriginNest } from "./lower.ts";

export function placeUpdates(program: LoweredProgram): LoweredProgram {
  let nests = updatesLast(program);
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
    if (!protectedBuffers.has(current) && mayWriteInPlace(nests, current, target)) {
      nests = rename(nests, current, target);
      renamed.set(source, target);
      protectedBuffers.add(target);
    } else copies.push({ nest: copyNest(variable.name, current, target), origin: variable.name });
  }
  return { ...program, nests: [...nests, ...copies] };
}

/** Moves the nests that write updates, and nothing else that others read, behind all other nests. */
function updatesLast(program: LoweredProgram): readonly OriginNest[] {
  const updated = new Set(program.updates.map((update) => storageOf(update.buffer)));
  const outputs = new Set([...program.outputs.values()].map(storageOf));
  const late = new Set(
    program.nests.filter(({ nest }) => [...writesOf(nest)].some((storage) => updated.has(storage))),
  );
  for (let changed = true; changed; ) {
    changed = false;
    for (const item of late) {
      const early = program.nests.filter((other) => !late.has(other));
      const blocked = [...writesOf(item.nest)].some(
        (storage) => outputs.has(storage) || early.some((other) => readsOf(other.nest).has(storage)),
      );
      if (blocked) {
        late.delete(item);
        changed = true;
      }
    }
  }
  return [
    ...program.nests.filter((item) => !late.has(item)),
    ...program.nests.filter((item) => late.has(item)),
  ];
}

function mayWriteInPlace(nests: readonly OriginNest[], storage: Buffer, variable: Buffer): boolean {
  const writers = nests.filter(({ nest }) => writesOf(nest).has(storage));
  if (writers.length !== 1) return false;
  const at = nests.indexOf(writers[0]!);
  if (nests.slice(at + 1).some(({ nest }) => readsOf(nest).has(variable))) return false;
  const { nest } = writers[0]!;
  if (writesOf(nest).has(variable)) return false;
  const stores = nest.stores.filter((store) => storageOf(nest.buffers[store.buffer]!) === storage);
  return loadsOf(nest).every((load) => {
    const buffer = nest.buffers[load.buffer]!;
    if (storageOf(buffer) !== variable) return true;
    const store = stores[0]!;
    const written = nest.buffers[store.buffer]!;
    const sameShape = JSON.stringify(buffer.shape) === JSON.stringify(written.shape);
    return stores.length === 1 && sameShape && sameIndex(load.index, store.index);
  });
}

function rename(nests: readonly OriginNest[], from: Buffer, to: Buffer): OriginNest[] {
  const views = new Map<Buffer, Buffer>();
  const replace = (buffer: Buffer): Buffer => {
    if (storageOf(buffer) !== from) return buffer;
    const known = views.get(buffer);
    if (known !== undefined) return known;
    const view: Buffer = { name: to.name, dtype: buffer.dtype, shape: buffer.shape, viewOf: to };
    views.set(buffer, view);
    return view;
  };
  return nests.map(({ nest, origin }) => ({ nest: { ...nest, buffers: nest.buffers.map(replace) }, origin }));
}

function copyNest(name: string, from: Buffer, to: Buffer): Nest {
  const nest = new NestBuilder(`copy ${name}`);
  const source: Buffer = { name: from.name, dtype: from.dtype, shape: to.shape, viewOf: from };
  const index = to.shape.map((size, dimension) => axisIndex(nest.space(`i${dimension}`, size)));
  nest.store(to, index, nest.load(source, index));
  return nest.build();
}
