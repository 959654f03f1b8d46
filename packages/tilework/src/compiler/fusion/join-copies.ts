/** A copy of a copy is one copy: a kernel that is transposed and then packed in panels passes through memory once. */
import type { Nest } from "../../kernel/nest.ts";
import type { LoweredProgram } from "../lower.ts";
import { inlineProducer } from "./inline-producer.ts";
import { NestList } from "./nest-list.ts";

export function joinCopies(program: LoweredProgram): LoweredProgram {
  const list = new NestList(program);
  for (const item of [...list.items]) {
    if (!isCopy(item.nest)) continue;
    const readers = [...item.writes].flatMap((storage) => list.readersOf(storage));
    if (readers.length === 1 && isCopy(readers[0]!.nest)) inlineProducer(list, item);
  }
  return { ...program, nests: list.result() };
}

function isCopy({ levels, guards, stores }: Nest): boolean {
  const [store] = stores;
  return (
    levels.length === 0 &&
    guards.length === 0 &&
    stores.length === 1 &&
    store!.value.kind === "load" &&
    store!.value.fill === undefined
  );
}
