/** Writes the instructions of one function: locals by number, operands on the stack. */
import { ByteWriter } from "./byte-writer.ts";
import type { ModuleFunction, ValueType } from "./encode.ts";
import { type PlainOpcode, plain, type SimdOpcode, simd } from "./opcodes.ts";

const emptyBlock = 0x40;

export class FunctionWriter {
  readonly #code = new ByteWriter();
  readonly #parameters: readonly ValueType[];
  readonly #locals: ValueType[] = [];

  constructor(parameters: readonly ValueType[]) {
    this.#parameters = parameters;
  }

  /** The number of a new local. */
  local(type: ValueType): number {
    return this.#parameters.length + this.#locals.push(type) - 1;
  }

  get(local: number): void {
    this.#indexed("local.get", local);
  }

  set(local: number): void {
    this.#indexed("local.set", local);
  }

  tee(local: number): void {
    this.#indexed("local.tee", local);
  }

  constant(value: number): void {
    this.#code.byte(plain["i32.const"]);
    this.#code.signed(value);
  }

  plain(opcode: PlainOpcode): void {
    this.#code.byte(plain[opcode]);
  }

  simd(opcode: SimdOpcode, ...immediates: number[]): void {
    this.#code.byte(0xfd);
    this.#code.unsigned(simd[opcode]);
    this.#code.append(immediates);
  }

  /** A memory instruction; `alignment` is the exponent of the address's known alignment. */
  memory(opcode: PlainOpcode, alignment: number, offset: number): void {
    this.#code.byte(plain[opcode]);
    this.#code.unsigned(alignment);
    this.#code.unsigned(offset);
  }

  simdMemory(opcode: SimdOpcode, alignment: number, offset: number, ...lane: number[]): void {
    this.simd(opcode);
    this.#code.unsigned(alignment);
    this.#code.unsigned(offset);
    this.#code.append(lane);
  }

  /** Begins a block without parameters or results. */
  block(opcode: "loop" | "if"): void {
    this.#code.byte(plain[opcode]);
    this.#code.byte(emptyBlock);
  }

  /** Jumps to the innermost block's label (a loop's head) when the integer on the stack is not 0. */
  branchIf(): void {
    this.#indexed("br_if", 0);
  }

  finish(exportName: string, debugName: string, results: readonly ValueType[] = []): ModuleFunction {
    const locals: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = locals.at(-1);
      if (last?.type === type) last.count++;
      else locals.push({ type, count: 1 });
    }
    const code = this.#code.toBytes();
    return { exportName, debugName, parameters: this.#parameters, results, locals, code };
  }

  #indexed(opcode: "local.get" | "local.set" | "local.tee" | "br_if", index: number): void {
    this.#code.byte(plain[opcode]);
    this.#code.unsigned(index);
  }
}
