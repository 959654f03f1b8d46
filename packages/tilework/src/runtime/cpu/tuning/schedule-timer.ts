/** Times schedules on the machine: prints them as programs are printed, and runs them in a worker on scratch memory. */
import { bytesOf } from "../../../compiler/plan-memory.ts";
import type { ScheduledNest } from "../../../compiler/schedule.ts";
import { slicesOf } from "../../../compiler/scheduled-access.ts";
import { spreadBytes } from "../../../compiler/spread-bytes.ts";
import type { Target } from "../../../compiler/target.ts";
import { taskCount } from "../../../compiler/task-count.ts";
import { type Buffer, storageOf } from "../../../kernel/nest.ts";
import { verifyNest } from "../../../kernel/verify.ts";
import { platform } from "../../../platform/current.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import type { MachineCodePrinter } from "../loading/print-machine-code.ts";
import { aligned } from "../memory/allocator.ts";
import { encodeArguments } from "../program/binding.ts";
import type { TimedWay, TimingOptions } from "./time-kernels.ts";

type Way = readonly ScheduledNest[];

/** Bytes of operands that are filled in a millisecond: larger ones would take longer than the timing may. */
const filledBytes = 4e6;

/** Milliseconds of each way, each a list of kernels that run in turn; see `Measure` of the compiler. Call it within the queue, while the workers are idle. */
export async function timeSchedules(
  runtime: CpuRuntime,
  printer: MachineCodePrinter,
  target: Target,
  ways: readonly Way[],
  milliseconds: number,
  options: TimingOptions = {},
): Promise<readonly (number | undefined)[]> {
  const start = platform.now();
  const printed = await printedWithin(printer, target, ways, start + milliseconds / 2);
  const { binary, tables } = await printer.print(printed.flat(), target);
  const layout = layOut(printed, tables);
  const left = milliseconds - (platform.now() - start);
  if (left <= 0 || layout.bytes > left * filledBytes) return ways.map(() => undefined);
  const pool = await runtime.pool();
  return runtime.withScratch(layout.bytes, async (address) => {
    runtime.memory.write(address, layout.bytes, (bytes) => layout.fill(bytes, address, runtime.base));
    return pool.time(binary, layout.waysAt(address), left, options);
  });
}

/** As many of the ways as are printed by then, at least two: the printer knows them afterwards. */
async function printedWithin(
  printer: MachineCodePrinter,
  target: Target,
  ways: readonly Way[],
  end: number,
): Promise<readonly Way[]> {
  for (const [at, way] of ways.entries()) {
    if (at >= 2 && platform.now() > end) return ways.slice(0, at);
    for (const { nest } of way) verifyNest(nest);
    await printer.print(way, target);
  }
  return ways;
}

interface Layout {
  readonly bytes: number;
  fill(target: Uint8Array, address: number, base: bigint | undefined): void;
  waysAt(address: number): TimedWay[];
}

/** Zeros for all buffers, which ways share; each kernel's tables and argument block behind them. */
function layOut(ways: readonly Way[], tables: readonly (readonly Int32Array[])[]): Layout {
  let bytes = 0;
  const offsets = ways.flatMap((way) => {
    const places = placesOf(way);
    bytes = Math.max(bytes, places.bytes);
    return way.map(({ nest }) => nest.buffers.map((buffer) => places.offsets.get(storageOf(buffer))!));
  });
  const parts: {
    readonly offset: number;
    readonly tables: readonly { offset: number; words: Int32Array }[];
  }[] = offsets.map((own, kernel) => {
    const placed = tables[kernel]!.map((words) => {
      const offset = bytes;
      bytes += aligned(words.byteLength);
      return { offset, words };
    });
    const offset = bytes;
    bytes += aligned((own.length + placed.length) * 8);
    return { offset, tables: placed };
  });
  const fill: Layout["fill"] = (target, address, base) => {
    const put = (offset: number, words: Int32Array): void =>
      target.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), offset);
    target.fill(0);
    parts.forEach((part, kernel) => {
      for (const table of part.tables) put(table.offset, table.words);
      const addresses = [...offsets[kernel]!, ...part.tables.map((table) => table.offset)];
      put(
        part.offset,
        encodeArguments(
          addresses.map((offset) => address + offset),
          base,
        ),
      );
    });
  };
  let next = 0;
  const numbered = ways.map((way) => way.map((scheduled) => ({ scheduled, kernel: next++ })));
  const waysAt = (address: number): TimedWay[] =>
    numbered.map((way) =>
      way.map(({ scheduled, kernel }, at) => ({
        kernel,
        block: address + parts[kernel]!.offset,
        tasks: taskCount(scheduled),
        slices: at === way.length - 1 ? slicesOf(scheduled) : 1,
      })),
    );
  return { bytes, fill, waysAt };
}

/** Offsets of the storages of all kernels of a way. */
function placesOf(way: Way): { readonly offsets: ReadonlyMap<Buffer, number>; readonly bytes: number } {
  const offsets = new Map<Buffer, number>();
  let bytes = 0;
  for (const { nest } of way)
    for (const storage of nest.buffers.map(storageOf)) {
      if (offsets.has(storage)) continue;
      offsets.set(storage, bytes);
      bytes += spreadBytes(bytesOf(storage));
    }
  return { offsets, bytes };
}
