/** Schedules that were found by timing in this process, for all devices and programs. */
import type { Schedule } from "../../../compiler/schedule.ts";
import type { Target } from "../../../compiler/target.ts";
import { scheduleKey } from "../../../compiler/tuning/tune-schedules.ts";
import type { Nest } from "../../../kernel/nest.ts";
import { BoundedCache } from "../../bounded-cache.ts";

const keptSchedules = 1024;

export const foundSchedules: BoundedCache<string, Schedule> = new BoundedCache(keptSchedules);

export function foundSchedule(nest: Nest, target: Target): Schedule | undefined {
  return foundSchedules.size === 0 ? undefined : foundSchedules.get(scheduleKey(nest, target));
}
