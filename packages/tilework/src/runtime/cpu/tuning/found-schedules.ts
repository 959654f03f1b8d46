/** Schedules that were found by timing in this process, for all devices and programs. */
import type { Schedule } from "../../../compiler/schedule.ts";
import type { Target } from "../../../compiler/target.ts";
import { type KnownSchedules, scheduleKey } from "../../../compiler/tuning/tune-schedules.ts";
import type { Nest } from "../../../kernel/nest.ts";
import { BoundedCache } from "../../bounded-cache.ts";

const keptSchedules = 1024;

export const foundSchedules: KnownSchedules = new BoundedCache<string, Schedule>(keptSchedules);

export function foundSchedule(nest: Nest, target: Target): Schedule | undefined {
  return foundSchedules.get(scheduleKey(nest, target));
}
