/** Kernels as one block of machine code; what was printed for one program serves others. */
import type { ScheduledNest } from "../../../compiler/schedule.ts";
import type { Target } from "../../../compiler/target.ts";
import { nestKey } from "../../../kernel/nest-key.ts";
import { BoundedCache } from "../../bounded-cache.ts";
import { Breaks } from "../../breaks.ts";
import { aligned } from "../memory/allocator.ts";
import type { KernelBinary } from "../pool/messages.ts";
import type { Toolchain } from "../program/toolchain.ts";

export interface MachineCode {
  readonly binary: Extract<KernelBinary, { readonly kind: "x64" }>;
  /** For each kernel its tables. */
  readonly tables: readonly (readonly Int32Array[])[];
}

interface PrintedKernel {
  readonly code: Uint8Array;
  readonly tables: readonly Int32Array[];
}

const keptKernels = 512;

export class MachineCodePrinter {
  readonly #toolchain: Toolchain;
  readonly #printed = new BoundedCache<string, PrintedKernel>(keptKernels);

  constructor(toolchain: Toolchain) {
    this.#toolchain = toolchain;
  }

  /** The nests must have been verified. */
  async print(
    kernels: readonly ScheduledNest[],
    target: Target,
    breaks: Breaks = new Breaks(),
  ): Promise<MachineCode> {
    // Loaded where it is used only: browsers never need it.
    const { printX64 } = await import("../../../codegen/x64/print-kernel.ts");
    const print = (kernel: ScheduledNest): PrintedKernel => {
      const key = `${target.lanes} ${JSON.stringify(kernel.schedule)} ${nestKey(kernel.nest)}`;
      const known = this.#printed.get(key);
      if (known !== undefined) return known;
      const emitted = this.#toolchain.emit(kernel);
      const code = printX64(emitted, target.lanes === 16 ? "avx512" : "avx2");
      const printed = { code, tables: emitted.tables };
      this.#printed.set(key, printed);
      return printed;
    };
    const parts: PrintedKernel[] = [];
    for (const kernel of kernels) {
      parts.push(print(kernel));
      await breaks.take();
    }
    return { binary: join(parts), tables: parts.map((part) => part.tables) };
  }
}

function join(parts: readonly PrintedKernel[]): MachineCode["binary"] {
  const offsets: number[] = [];
  let bytes = 0;
  for (const part of parts) {
    offsets.push(bytes);
    bytes += aligned(part.code.length);
  }
  const code = new Uint8Array(bytes);
  parts.forEach((part, at) => {
    code.set(part.code, offsets[at]!);
  });
  return { kind: "x64", code, offsets };
}
