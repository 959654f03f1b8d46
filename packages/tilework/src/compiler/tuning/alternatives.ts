/** Other ways to run a nest, close enough to the default to be worth timing. */
import { type Nest, storageOf } from "../../kernel/nest.ts";
import { nestKey } from "../../kernel/nest-key.ts";
import { packOperands } from "../pack-operands.ts";
import { bytesOf } from "../plan-memory.ts";
import type { Schedule, ScheduledNest } from "../schedule.ts";
import { candidates, scheduleNest } from "../schedule-nest.ts";
import { slicesOf } from "../scheduled-access.ts";
import type { Target } from "../target.ts";
import { taskCount, tileSize } from "../task-count.ts";

/** One way to run a nest of a program. */
export interface Alternative {
  /** The nest itself and, where its operand is packed, the contraction that reads the panels. */
  readonly choices: readonly ScheduledNest[];
  /** What runs in place of the nest, in order. */
  readonly kernels: readonly ScheduledNest[];
}

const mostAlternatives = 8;

/** Fewer tasks than the default has must still be enough to share out. */
const enoughTasks = 8;

/** Results larger than this many times the second level cache are read again from memory in any case. */
const streamingFootprint = 32;

/**
 * The default first, then others: the next best tiles, other visits of an outer reduction, shorter straight code,
 * blocks of vectors inside the other loops, stores past the caches. All share out their work as the default does, so
 * that a step's stages stay what they are.
 */
export function alternativesOf(nest: Nest, target: Target): Alternative[] {
  const [usual, ...tiles] = [scheduleNest(nest, target), ...candidates(nest, target)].flatMap((schedule) =>
    waysWith(nest, schedule, target),
  ) as [Alternative, ...Alternative[]];
  const main = usual.kernels.at(-1)!;
  const variants = variantsOf(main).map(
    (variant): Alternative => ({
      choices: [...usual.choices.slice(0, -1), variant],
      kernels: [...usual.kernels.slice(0, -1), variant],
    }),
  );
  const distinct = new Map(
    [usual, ...tiles, ...variants]
      .filter((other) => sharesOutAlike(usual, other))
      .reverse()
      .map((alternative) => [keyOf(alternative), alternative]),
  );
  return [...distinct.values()].reverse().slice(0, mostAlternatives);
}

/** How a nest runs without tuning. */
export function usualWay(nest: Nest, target: Target): Alternative {
  return waysWith(nest, scheduleNest(nest, target), target)[0]!;
}

function keyOf({ kernels }: Alternative): string {
  return kernels.map(({ nest, schedule }) => nestKey(nest) + JSON.stringify(schedule)).join();
}

/** The ways to run a nest whose panels, where it has any, are as wide as the schedule's blocks of vectors. */
function waysWith(nest: Nest, schedule: Schedule, target: Target): Alternative[] {
  const whole: ScheduledNest = { nest, schedule, target };
  const parts = packOperands([{ nest, origin: "" }], target, () => schedule).map((part) => part.nest);
  if (parts.length === 1) return [{ choices: [whole], kernels: [whole] }];
  const main = parts.at(-1)!;
  const before = parts
    .slice(0, -1)
    .map((part): ScheduledNest => ({ nest: part, schedule: scheduleNest(part, target), target }));
  return candidates(main, target)
    .slice(0, 3)
    .map((inner): Alternative => {
      const kernel: ScheduledNest = { nest: main, schedule: inner, target };
      return { choices: [whole, kernel], kernels: [...before, kernel] };
    });
}

/** Schedules that differ from the given one in one thing. */
function variantsOf(scheduled: ScheduledNest): ScheduledNest[] {
  const { schedule } = scheduled;
  return [
    ...visitVariants(schedule),
    ...orderVariants(scheduled),
    ...unrollVariants(schedule),
    ...streamingVariants(scheduled),
  ].map((change) => ({ ...scheduled, schedule: { ...schedule, ...change } }));
}

function visitVariants({ outerReduction, outerBlock = 1 }: Schedule): Partial<Schedule>[] {
  if (outerReduction === 0) return [];
  return [{ outerBlock: 2 * outerBlock }, { outerReduction: 0, outerBlock: 1 }];
}

/** The vectors' blocks innermost, or just before the last loop. */
function orderVariants({ schedule }: ScheduledNest): Partial<Schedule>[] {
  const { order, vectorAxis, taskLoops } = schedule;
  const at = vectorAxis === undefined ? -1 : order.indexOf(vectorAxis);
  if (at < taskLoops || at < 1 || at >= order.length - 1) return [];
  return [{ order: [...order.filter((axis) => axis !== vectorAxis), vectorAxis!] }];
}

function unrollVariants({ unroll, outerReduction }: Schedule): Partial<Schedule>[] {
  return unroll > 1 && outerReduction === 0 ? [{ unroll: 1 }] : [];
}

/** Results that no cache could hold until they are read again. */
function streamingVariants({ nest, schedule, target }: ScheduledNest): Partial<Schedule>[] {
  if (nest.levels.length > 0 || target.printer === "wasm") return [];
  const read = new Set(nest.buffers.map(storageOf));
  const written = nest.stores.reduce((sum, { buffer }) => sum + bytesOf(nest.buffers[buffer]!), 0);
  return read.size > 1 && written > streamingFootprint * target.l2
    ? [{ streaming: !schedule.streaming }]
    : [];
}

function sharesOutAlike(usual: Alternative, other: Alternative): boolean {
  const [before, now] = [usual.kernels.at(-1)!, other.kernels.at(-1)!];
  const axis = before.schedule.order[0];
  if (axis !== now.schedule.order[0] || usual.kernels.length !== other.kernels.length) return false;
  if (slicesOf(before) !== slicesOf(now)) return false;
  if (axis !== undefined && slicesOf(before) > 1 && tileSize(before, axis) !== tileSize(now, axis))
    return false;
  return taskCount(now) >= Math.min(taskCount(before), enoughTasks);
}
