/** What a run of a program's steps takes beside the program itself: the steps' data, and room for their results. */
import type { TensorType } from "../../../graph/value.ts";
import { ArgumentError } from "../../../util/errors.ts";
import type { Feed, StepFeeds, StepOutputs } from "../../device.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import { aligned } from "../memory/allocator.ts";
import type { Backup } from "../memory/backup.ts";
import type { Block } from "../memory/blocks.ts";
import { bytesIn, bytesOf, dataAt } from "../memory/bytes.ts";
import { CpuSource } from "../memory/source.ts";
import { Staging } from "../memory/staging.ts";
import type { RunFeed } from "../pool/run-block.ts";

export interface NamedType extends TensorType {
  readonly name: string;
}

/** A program's inputs and outputs, in the order in which they lie in a run block. */
export interface Signature {
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
}

export interface RunOptions {
  /** Where the launches' times are kept, a float for each: they run one by one and are timed. Default: they are not. */
  readonly times?: Block;
  /** Made before the first step. */
  readonly backup?: Backup;
}

export interface StagedRun extends RunOptions {
  readonly feeds: readonly (readonly PlacedFeed[])[];
  readonly results: Results;
  /** Blocks to give back when it is done. */
  readonly blocks: Block[];
}

/** A feed with the addresses of this moment. */
export type PlacedFeed = () => RunFeed;

/** Where a run's results lie: `stride` bytes a step, each output at its offset. */
interface Results {
  readonly block: Block;
  readonly stride: number;
  readonly offsets: readonly number[];
}

/** Throws a DeviceMemoryError where there is no room. */
export function stageRun(
  runtime: CpuRuntime,
  signature: Signature,
  steps: readonly StepFeeds[],
  options?: RunOptions,
): StagedRun {
  const blocks: Block[] = [];
  try {
    const feeds = stageFeeds(runtime, signature, steps, blocks);
    return { ...options, feeds, results: planResults(runtime, signature, steps.length, blocks), blocks };
  } catch (error) {
    releaseRun(runtime, { blocks });
    throw error;
  }
}

export function releaseRun({ memory }: CpuRuntime, { blocks }: Pick<StagedRun, "blocks">): void {
  for (const block of blocks.splice(0)) memory.free(block);
}

/** Copies what steps bring along; rows of a source stay where they are, and only their numbers are copied. */
function stageFeeds(
  runtime: CpuRuntime,
  { inputs }: Signature,
  steps: readonly StepFeeds[],
  blocks: Block[],
): PlacedFeed[][] {
  const staging = new Staging();
  const feeds = steps.map((step) => inputs.map(({ name }) => stageFeed(runtime, step[name]!, staging)));
  const block = runtime.memory.allocate(staging.bytes);
  blocks.push(block);
  runtime.memory.write(block.address, staging.bytes, (target) => staging.copyTo(target));
  return feeds.map((step) => step.map((feedAt) => () => feedAt(block.address)));
}

function stageFeed(runtime: CpuRuntime, feed: Feed, staging: Staging): (address: number) => RunFeed {
  if (!("source" in feed)) {
    const offset = staging.add(bytesIn(feed));
    return (address) => ({ address: address + offset, rowList: 0, rowBytes: 1, rows: feed.byteLength });
  }
  const { source, rows } = feed;
  if (!(source instanceof CpuSource) || source.runtime !== runtime)
    throw new ArgumentError("steps", "the source lives on another device; make it on this one");
  const { block, rowBytes } = source;
  const offset = staging.add(bytesIn(rows));
  return (address) => ({ address: block.address, rowList: address + offset, rowBytes, rows: rows.length });
}

function planResults(
  { memory }: CpuRuntime,
  { outputs }: Signature,
  steps: number,
  blocks: Block[],
): Results {
  let stride = 0;
  const offsets = outputs.map((output) => {
    const offset = stride;
    stride += aligned(bytesOf(output));
    return offset;
  });
  const block = memory.allocate(steps * stride);
  blocks.push(block);
  return { block, stride, offsets };
}

/** Call it when the run is done, before it is released. */
export async function readResults(
  { memory }: CpuRuntime,
  { outputs }: Signature,
  { block, stride, offsets }: Results,
  steps: number,
): Promise<StepOutputs[]> {
  const bytes = await memory.read(block.address, steps * stride);
  return Array.from({ length: steps }, (_, step) =>
    Object.fromEntries(
      outputs.map((output, at) => [output.name, dataAt(bytes, step * stride + offsets[at]!, output)]),
    ),
  );
}
