/** A program on the variables of one store: argument blocks with real addresses, and the program block. */
import type { Variable } from "../../../graph/value.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import { aligned } from "../memory/allocator.ts";
import type { CpuStore } from "../memory/store.ts";
import { encodeProgram, type RunInput, type RunOutput } from "../pool/run-block.ts";
import type { CompiledProgram } from "./compiled-program.ts";

export class Binding {
  readonly compiled: CompiledProgram;
  readonly arena: number;
  /** Address and words of the program block. */
  readonly program: number;
  readonly programWords: number;
  readonly addresses: readonly number[];
  readonly #block: number;

  /** `variableOf` gives the store's variable for one of the compiled program. */
  constructor(
    compiled: CompiledProgram,
    store: CpuStore,
    arena: number,
    variableOf: (variable: Variable) => Variable,
  ) {
    const { plan } = compiled;
    const { runtime } = store;
    this.compiled = compiled;
    this.arena = arena;
    this.addresses = plan.buffers.map(({ placement }) =>
      placement.region === "arena"
        ? arena + placement.offset
        : store.addressOf(variableOf(placement.variable)),
    );
    const launches = plan.stages.flatMap((stage) => stage.launches);
    const argumentWords = launches.map(({ buffers, kernel }) =>
      encodeArguments(
        [...buffers.map((buffer) => this.addresses[buffer]!), ...compiled.tables[kernel]!],
        runtime.base,
      ),
    );
    const offsets: number[] = [];
    let bytes = 0;
    for (const words of argumentWords) {
      offsets.push(bytes);
      bytes += aligned(words.length * 4);
    }
    const programOffset = bytes;
    const wordsOfProgram = (base: number): Int32Array =>
      encodeProgram(plan.stages, (launch) => base + offsets[launch]!);
    this.programWords = wordsOfProgram(0).length;
    bytes += this.programWords * 4;
    this.#block = runtime.memory.allocate(bytes);
    this.program = this.#block + programOffset;
    runtime.own(this, [this.#block]);
    runtime.memory.write(this.#block, bytes, (target) => {
      const words = new Int32Array(target.buffer, target.byteOffset, bytes / 4);
      argumentWords.forEach((own, launch) => {
        words.set(own, offsets[launch]! / 4);
      });
      words.set(wordsOfProgram(this.#block), programOffset / 4);
    });
  }

  /** Gives its memory back; nothing may run with it any more. */
  release(runtime: CpuRuntime): void {
    runtime.disown(this, [this.#block]);
  }
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
