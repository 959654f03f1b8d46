/** What the statements of one kernel share while they are printed: its function, its registers' locals. */
import type { Address, KernelCode, MemoryType } from "../kernel-code.ts";
import { lowestAddress } from "../lowest-address.ts";
import { FunctionWriter } from "./function-writer.ts";

/** The parameters of a kernel's function. */
export const parameters = { argumentBlock: 0, begin: 1, end: 2 } as const;

export class KernelWriter {
  readonly out: FunctionWriter = new FunctionWriter(["i32", "i32", "i32"]);
  readonly kernel: KernelCode;
  readonly relaxed: boolean;
  readonly #integers: readonly number[];
  readonly #vectors: readonly number[];

  constructor(kernel: KernelCode, relaxed: boolean) {
    this.kernel = kernel;
    this.relaxed = relaxed;
    this.#integers = Array.from({ length: kernel.integers }, () => this.out.local("i32"));
    this.#vectors = kernel.vectors.map(() => this.out.local("v128"));
  }

  getInteger(register: number): void {
    this.out.get(this.#integers[register]!);
  }

  setInteger(register: number): void {
    this.out.set(this.#integers[register]!);
  }

  getVector(register: number): void {
    this.out.get(this.#vectors[register]!);
  }

  setVector(register: number): void {
    this.out.set(this.#vectors[register]!);
  }

  typeOf(register: number): "f32" | "i32" | "mask" {
    return this.kernel.vectors[register]!;
  }

  /**
   * Pushes an address and gives the instruction's offset. `extra` bytes are added. Negative and large offsets go
   * into the address.
   */
  address(address: Address, extra = 0): number {
    this.getInteger(address.base);
    if (address.index !== undefined) {
      this.getInteger(address.index);
      this.out.plain("i32.add");
    }
    const offset = address.offset + extra;
    if (offset >= 0 && offset <= lowestAddress) return offset;
    this.out.constant(offset);
    this.out.plain("i32.add");
    return 0;
  }
}

/** The exponent of an element's alignment. */
export function alignmentOf(type: MemoryType): number {
  return type === "u8" ? 0 : 2;
}
