/**
 * A program on the variables of one store: tables, argument blocks with real addresses, and the program block. It gives
 * way to anything else, because it can be made again, and holds until blocks are moved.
 */
import type { Plan } from "../../../compiler/plan.ts";
import type { Variable } from "../../../graph/value.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import { aligned } from "../memory/allocator.ts";
import { bytesIn } from "../memory/bytes.ts";
import type { SpareBlock } from "../memory/spare-blocks.ts";
import type { CpuStore } from "../memory/store.ts";
import { encodeProgram, type SliceArgument } from "../pool/program-block.ts";
import type { RunInput, RunOutput } from "../pool/run-block.ts";
import type { CompiledProgram } from "./compiled-program.ts";
import { tasksAtOnce } from "./estimate-work.ts";

export class Binding {
  readonly compiled: CompiledProgram;
  readonly arena: number;
  readonly prepared: number;
  /** Address and words of the program block. */
  readonly program: number;
  readonly programWords: number;
  readonly addresses: readonly number[];
  readonly #runtime: CpuRuntime;
  readonly #moves: number;
  readonly #tables: SpareBlock | undefined;
  readonly #block: SpareBlock;

  /**
   * `arena` is where the scratch memory begins: the arena, then one part for each worker; `prepared` where preparations'
   * results do. Throws a DeviceMemoryError where there is no room. `variableOf` gives the store's variable for one of the compiled program.
   */
  constructor(
    compiled: CompiledProgram,
    store: CpuStore,
    { arena, prepared }: { readonly arena: number; readonly prepared: number },
    variableOf: (variable: Variable) => Variable,
  ) {
    const { plan } = compiled;
    const { runtime } = store;
    this.#runtime = runtime;
    this.compiled = compiled;
    this.arena = arena;
    this.prepared = prepared;
    this.addresses = plan.buffers.map(({ placement }) => {
      if (placement.region === "variable") return store.addressOf(variableOf(placement.variable));
      if (placement.region === "prepared") return prepared + placement.offset;
      return arena + placement.offset + (placement.region === "slice" ? plan.arenaBytes : 0);
    });
    this.#tables = takeTables(this, runtime, compiled.tables);
    const letGo = this.#tables && runtime.spare.hold(this.#tables);
    const tables = addressesOfTables(compiled.tables, this.#tables?.address ?? 0);
    const launches = plan.stages.flatMap((stage) => stage.launches);
    const argumentWords = launches.map(({ buffers, kernel }) =>
      encodeArguments(
        [...buffers.map((buffer) => this.addresses[buffer]!), ...tables[kernel]!],
        runtime.base,
      ),
    );
    const slices = launches.map(({ buffers }, launch) =>
      sliceArguments(plan, buffers, argumentWords[launch]!, runtime.base !== undefined),
    );
    const offsets: number[] = [];
    let bytes = 0;
    launches.forEach((_, launch) => {
      offsets.push(bytes);
      const copies = slices[launch]!.length > 0 ? compiled.workers : 1;
      bytes += copies * aligned(argumentWords[launch]!.length * 4);
    });
    const programOffset = bytes;
    const wordsOfProgram = (base: number): Int32Array =>
      encodeProgram(
        plan,
        (launch) => ({
          block: base + offsets[launch]!,
          stride: slices[launch]!.length > 0 ? aligned(argumentWords[launch]!.length * 4) : 0,
          slices: slices[launch]!,
        }),
        (stage) => tasksAtOnce(plan, stage, compiled.workers),
      );
    this.programWords = wordsOfProgram(0).length;
    bytes += this.programWords * 4;
    try {
      this.#block = runtime.spare.take(this, bytes);
    } finally {
      letGo?.();
    }
    this.#moves = runtime.memory.moves;
    const address = this.#block.address!;
    this.program = address + programOffset;
    runtime.memory.write(address, bytes, (target) => {
      const words = new Int32Array(target.buffer, target.byteOffset, bytes / 4);
      argumentWords.forEach((own, launch) => {
        const end = offsets[launch + 1] ?? programOffset;
        for (let at = offsets[launch]!; at < end; at += aligned(own.length * 4)) words.set(own, at / 4);
      });
      words.set(wordsOfProgram(address), programOffset / 4);
    });
  }

  /** Whether all addresses in it are still right. */
  get holds(): boolean {
    const isThere = (block: SpareBlock | undefined): boolean =>
      block === undefined || block.address !== undefined;
    return this.#moves === this.#runtime.memory.moves && isThere(this.#tables) && isThere(this.#block);
  }

  /** Keeps its memory until the function that it returns is called. */
  hold(): () => void {
    const { spare } = this.#runtime;
    const blocks = this.#tables === undefined ? [this.#block] : [this.#tables, this.#block];
    const letGo = blocks.map((block) => spare.hold(block));
    return () => {
      for (const each of letGo) each();
    };
  }

  /** Gives its memory back; nothing may run with it any more. */
  release(): void {
    const { spare } = this.#runtime;
    spare.release(this, this.#block);
    if (this.#tables !== undefined) spare.release(this, this.#tables);
  }
}

/** A block with all tables, one after the other; undefined where there are none. */
function takeTables(
  owner: Binding,
  { spare, memory }: CpuRuntime,
  tables: readonly (readonly Int32Array[])[],
): SpareBlock | undefined {
  const all = tables.flat();
  if (all.length === 0) return undefined;
  const bytes = all.reduce((sum, table) => sum + aligned(table.byteLength), 0);
  const block = spare.take(owner, bytes);
  memory.write(block.address!, bytes, (target) => {
    let offset = 0;
    for (const table of all) {
      target.set(bytesIn(table), offset);
      offset += aligned(table.byteLength);
    }
  });
  return block;
}

function addressesOfTables(tables: readonly (readonly Int32Array[])[], start: number): number[][] {
  let next = start;
  return tables.map((own) =>
    own.map(({ byteLength }) => {
      const address = next;
      next += aligned(byteLength);
      return address;
    }),
  );
}

/** The arguments in a worker's own scratch. */
function sliceArguments(
  plan: Plan,
  buffers: readonly number[],
  words: Int32Array,
  isWide: boolean,
): SliceArgument[] {
  return buffers.flatMap((buffer, slot) => {
    const { placement } = plan.buffers[buffer]!;
    if (placement.region !== "slice") return [];
    const word = isWide ? 2 * slot : slot;
    return [{ word, low: words[word]!, high: isWide ? words[word + 1]! : -1, bytes: placement.bytes }];
  });
}

/** Offsets in the memory for WebAssembly; for machine code, which has a base, 64-bit addresses in the process. */
export function encodeArguments(addresses: readonly number[], base: bigint | undefined): Int32Array {
  if (base === undefined) return Int32Array.from(addresses, (address) => address | 0);
  return new Int32Array(BigInt64Array.from(addresses, (address) => base + BigInt(address)).buffer);
}

/** Whether any input's memory may be an output's. */
export function overlap(inputs: readonly RunInput[], outputs: readonly RunOutput[]): boolean {
  return inputs.some((input) =>
    outputs.some(
      (output) =>
        input.destination < output.source + output.bytes && output.source < input.destination + input.bytes,
    ),
  );
}
