import type { CpuRuntime } from "../cpu-runtime.ts";
import type { Copy } from "../memory/backup.ts";
import type { Block } from "../memory/blocks.ts";
import { bytesOf } from "../memory/bytes.ts";
import { pointsOf } from "../pool/driver.ts";
import { encodeRun, type RunFeed, type RunInput, type RunOutput } from "../pool/run-block.ts";
import { boardBytes } from "../pool/task-board.ts";
import { type Binding, overlap } from "./binding.ts";
import { launchesOf } from "./compiled-program.ts";
import type { Signature, StagedRun } from "./staged-run.ts";

/** Writes the run block of staged steps and gives it; it is released with the run. `prepares`: it begins with the preparations. */
export function layRun(
  { memory }: CpuRuntime,
  signature: Signature,
  binding: Binding,
  { feeds, results, times, blocks, backup }: StagedRun,
  prepares: boolean,
): Block {
  const { plan, workers } = binding.compiled;
  const copies = backup?.copies ?? [];
  const inputs = signature.inputs.map(
    (input): RunInput => ({
      destination: binding.addresses[plan.inputs[input.name]!]!,
      bytes: bytesOf(input),
    }),
  );
  const outputs = signature.outputs.map(
    (output, at): RunOutput => ({
      source: binding.addresses[plan.outputs[output.name]!]!,
      bytes: bytesOf(output),
      offset: results.offsets[at]!,
    }),
  );
  const points = pointsOf(plan.stages.length, launchesOf(plan), times !== undefined);
  const lay = (bytes: number, fill: (target: Uint8Array) => void): Block => {
    const block = memory.allocate(bytes);
    blocks.push(block);
    memory.write(block.address, bytes, fill);
    return block;
  };
  const run = encodeRun({
    program: binding.program,
    programWords: binding.programWords,
    inputs: [...inputs, ...copies],
    outputs,
    separate: overlap(inputs, outputs),
    results: results.block.address,
    resultStride: results.stride,
    times: times?.address ?? 0,
    board: lay(boardBytes(points, workers), (target) => target.fill(0)).address,
    points,
    prepares,
    feeds: feeds.map((step) => [...step.map((placed) => placed()), ...copies.map(feedOf)]),
  });
  return lay(run.byteLength, (target) => target.set(new Uint8Array(run.buffer)));
}

/** What workers copy as they take rows of an input. */
function feedOf({ source, bytes }: Copy): RunFeed {
  return { address: source, rowList: 0, rowBytes: 1, rows: bytes };
}
