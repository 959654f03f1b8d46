/**
 * Turns a scheduled nest into kernel code: tasks, loops over tiles, one register tile after the other.
 *
 * The nest must have been verified: nothing here checks an access again.
 */
import type { ScheduledNest } from "../../compiler/schedule.ts";
import type { KernelCode } from "../kernel-code.ts";
import { Emission } from "./emission.ts";
import { emitTasks } from "./emit-tasks.ts";
import { shareLoads } from "./share-loads.ts";

/**
 * Kernel code of a verified nest. Tasks are numbered as the schedule says, the last task loop fastest. Argument slots: the nest's buffers in order, then the
 * tables.
 */
export function emitKernel(scheduled: ScheduledNest): KernelCode {
  const e = new Emission(scheduled);
  emitTasks(e);
  const { builder } = e;
  const { registers, printer } = scheduled.target;
  const code = {
    name: e.nest.name,
    lanes: scheduled.target.lanes,
    buffers: e.nest.buffers.length,
    tables: builder.tables,
    integers: builder.integers,
    vectors: builder.vectors,
    body: builder.root.statements,
  };
  return shareLoads(code, { count: registers, loadsFirst: printer === "wasm" });
}
