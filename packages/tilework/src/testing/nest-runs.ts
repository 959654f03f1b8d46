/** Emitted kernels of nests with what the nests' interpreter leaves in memory: what printed code is held to. */
import { emitKernel } from "../codegen/tile/emit-kernel.ts";
import type { Schedule } from "../compiler/schedule.ts";
import type { Target } from "../compiler/target.ts";
import { taskCount } from "../compiler/task-count.ts";
import { type Elements, interpretNest } from "../kernel/interpret.ts";
import { type Buffer, type Nest, storageOf } from "../kernel/nest.ts";
import type { KernelRun } from "./kernel-run.ts";

export interface NestRun extends KernelRun {
  /** Contents of the buffers afterwards. */
  readonly expected: readonly Elements[];
}

/** One run for each nest, in order, each on the memory that the interpreter left; `memory` is changed. */
export function nestRuns(
  nests: readonly Nest[],
  memory: ReadonlyMap<Buffer, Elements>,
  target: Target,
  scheduleOf: (nest: Nest) => Schedule,
): NestRun[] {
  return nests.map((nest) => {
    const scheduled = { nest, schedule: scheduleOf(nest), target };
    const kernel = emitKernel(scheduled);
    const storages = nest.buffers.map((buffer) => memory.get(storageOf(buffer))!);
    const copies = new Map(storages.map((elements) => [elements, elements.slice()]));
    const tasks = taskCount(scheduled);
    const middle = Math.floor(tasks / 3);
    const ranges = middle === 0 ? [[0, tasks] as const] : [[0, middle] as const, [middle, tasks] as const];
    interpretNest(nest, (buffer) => memory.get(buffer)!, { fused: target.fused });
    const buffers = storages.map((elements) => copies.get(elements)!);
    return { kernel, buffers, ranges, expected: storages.map((elements) => elements.slice()) };
  });
}

/** The bits of the elements, all NaNs alike. */
export function bitsOf(elements: Elements): Int32Array | Uint8Array {
  if (!(elements instanceof Float32Array)) return elements;
  const bits = new Int32Array(elements.slice().buffer);
  elements.forEach((value, at) => {
    if (Number.isNaN(value)) bits[at] = 0x7fc00000;
  });
  return bits;
}
