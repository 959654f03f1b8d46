/** A program on the variables of one store: argument blocks with real addresses, and the program block. */
import type { Plan } from "../../../compiler/plan.ts";
import type { Variable } from "../../../graph/value.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import { aligned } from "../memory/allocator.ts";
import type { CpuStore } from "../memory/store.ts";
import { encodeProgram, type RunInput, type RunOutput, type SliceArgument } from "../pool/run-block.ts";
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
  readonly #block: number;

  /**
   * `arena` is where the scratch memory begins: the arena, then one part for each worker; `prepared` where preparations'
   * results do. `variableOf` gives the store's variable for one of the compiled program.
   */
  constructor(
    compiled: CompiledProgram,
    store: CpuStore,
    { arena, prepared }: { readonly arena: number; readonly prepared: number },
    variableOf: (variable: Variable) => Variable,
  ) {
    const { plan } = compiled;
    const { runtime } = store;
    this.compiled = compiled;
    this.arena = arena;
    this.prepared = prepared;
    this.addresses = plan.buffers.map(({ placement }) => {
      if (placement.region === "variable") return store.addressOf(variableOf(placement.variable));
      if (placement.region === "prepared") return prepared + placement.offset;
      return arena + placement.offset + (placement.region === "slice" ? plan.arenaBytes : 0);
    });
    const launches = plan.stages.flatMap((stage) => stage.launches);
    const argumentWords = launches.map(({ buffers, kernel }) =>
      encodeArguments(
        [...buffers.map((buffer) => this.addresses[buffer]!), ...compiled.tables[kernel]!],
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
    this.#block = runtime.memory.allocate(bytes);
    this.program = this.#block + programOffset;
    runtime.own(this, [this.#block]);
    runtime.memory.write(this.#block, bytes, (target) => {
      const words = new Int32Array(target.buffer, target.byteOffset, bytes / 4);
      argumentWords.forEach((own, launch) => {
        const end = offsets[launch + 1] ?? programOffset;
        for (let at = offsets[launch]!; at < end; at += aligned(own.length * 4)) words.set(own, at / 4);
      });
      words.set(wordsOfProgram(this.#block), programOffset / 4);
    });
  }

  /** Gives its memory back; nothing may run with it any more. */
  release(runtime: CpuRuntime): void {
    runtime.disown(this, [this.#block]);
  }
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
