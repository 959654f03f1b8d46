/** What the compiler must know of a processor and its printer. */
export interface Target {
  readonly printer: "wasm" | "x64";
  /** 32-bit elements of a vector register. */
  readonly lanes: 4 | 8 | 16;
  /** Vector registers that a kernel may fill. */
  readonly registers: number;
  /** An operand of a multiply-add may be broadcast straight from memory. */
  readonly broadcastOperand: boolean;
  /** Products accumulate with one rounding. False only in the strict-SIMD variant. */
  readonly fused: boolean;
  /** Multiply-adds of whole vectors that a core starts in a cycle; the device asks the processor. */
  readonly multiplyAdds: 1 | 2;
  /** Bytes of the first and second level cache of one core, for choosing blocks. */
  readonly l1: number;
  readonly l2: number;
}

export const wasmTarget: Target = {
  printer: "wasm",
  lanes: 4,
  registers: 15,
  broadcastOperand: false,
  fused: true,
  multiplyAdds: 2,
  l1: 32 * 1024,
  l2: 512 * 1024,
};

export const avx2Target: Target = { ...wasmTarget, printer: "x64", lanes: 8, registers: 16, l2: 1024 * 1024 };

export const avx512Target: Target = { ...avx2Target, lanes: 16, registers: 32, broadcastOperand: true };
