/**
 * Places what lives within the tasks of a single stage: each worker has one part of it at a time.
 *
 * A stage whose tasks run several kernels over one slice of the batch often passes large buffers from one to the next.
 * If nobody else reads them, they need not exist as a whole: the next task's part goes where the last one's was, which
 * saves memory and stays in the cache.
 */
import { readsOf, writesOf } from "../kernel/access.ts";
import { type Buffer, storageOf } from "../kernel/nest.ts";
import type { LaunchStage } from "./build-stages.ts";
import type { LoweredProgram } from "./lower.ts";
import type { Placement } from "./plan.ts";
import { alignment, bytesOf, type Lifetime, planMemory } from "./plan-memory.ts";

export interface SlicePlan {
  readonly places: ReadonlyMap<Buffer, Extract<Placement, { readonly region: "slice" }>>;
  /** Bytes of each worker's scratch. */
  readonly bytes: number;
}

/** Bytes of a buffer that stays near in any case: pointing at its parts would cost more time than they save memory. */
const smallBuffer = 16 * 1024;

/**
 * Only where there are more tasks than workers, whose parts would take more memory together than the whole.
 * `prepared` lives longer than a stage.
 */
export function planSlices(
  program: LoweredProgram,
  stages: readonly LaunchStage[],
  workers: number,
  prepared: ReadonlyMap<Buffer, Placement>,
): SlicePlan {
  const kept = new Set(
    [
      ...prepared.keys(),
      ...program.inputs.values(),
      ...program.outputs.values(),
      ...program.variables.values(),
      ...program.updates.map(({ buffer }) => buffer),
    ].map(storageOf),
  );
  const places = new Map<Buffer, Extract<Placement, { readonly region: "slice" }>>();
  let bytes = 0;
  for (const stage of stages) {
    if (stage.tasks <= workers) continue;
    const sizes = partSizes(stage, kept);
    const memory = planMemory(lifetimesOf(stage, sizes));
    bytes = Math.max(bytes, memory.bytes);
    for (const [storage, offset] of memory.offsets)
      places.set(storage, { region: "slice", offset, bytes: sizes.get(storage)! });
  }
  return { places, bytes };
}

/** Bytes of one task's part of each storage; parts start at multiples of a cache line, as whole buffers do. */
function partSizes({ sliced, tasks }: LaunchStage, kept: ReadonlySet<Buffer>): Map<Buffer, number> {
  const sizes = new Map<Buffer, number>();
  for (const storage of sliced) {
    const part = bytesOf(storage) / tasks;
    if (!kept.has(storage) && part % alignment === 0 && bytesOf(storage) > smallBuffer)
      sizes.set(storage, part);
  }
  return sizes;
}

/** From the first to the last kernel of the stage that needs it. */
function lifetimesOf({ launches }: LaunchStage, sizes: ReadonlyMap<Buffer, number>): Lifetime[] {
  return [...sizes].map(([buffer, bytes]): Lifetime => {
    const users = launches.flatMap(({ scheduled: { nest } }, at) =>
      [...readsOf(nest), ...writesOf(nest)].includes(buffer) ? [at] : [],
    );
    return { buffer, bytes, first: users[0]!, last: users.at(-1)! };
  });
}
