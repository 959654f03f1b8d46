/** Whether and how a worker runs machine code: the processor's features, the system's leave, the self-check. */
import type { Cpu } from "../../../codegen/x64/print-kernel.ts";
import { type ForeignFunctions, openForeignFunctions } from "../../../platform/foreign-functions.ts";
import type { Instructions } from "../../instructions.ts";
import { featureCode, featureWords, multiplyAddsOf, widestInstructions } from "./cpu-features.ts";
import type { KernelLoader } from "./kernel-loader.ts";
import { checkedElements, type SelfCheck } from "./self-check.ts";
import { callBlockBytes, x64Loader } from "./x64-loader.ts";

/** What a worker needs to open the machine. */
export interface MachineRequest {
  readonly instructions: Instructions;
  readonly check: SelfCheck;
  /** What the memory may grow to. */
  readonly memoryBytes: number;
}

/** Where the device's memory lies in the process, and what to print; or why machine code cannot run. */
export type Machine =
  | { readonly base: bigint; readonly cpu: Cpu; readonly multiplyAdds: 1 | 2 }
  | { readonly refusal: string };

/** Bytes of each worker's own block in the memory: its call block, then scratch for opening the machine. */
export const ownBytes: number = callBlockBytes + 1024;

export interface OpenMachine {
  readonly machine: Machine;
  readonly loader?: KernelLoader<"x64">;
}

/** `own` is the address of this worker's own block in the memory. */
export function openMachine(
  memory: WebAssembly.Memory,
  own: number,
  { instructions, check, memoryBytes }: MachineRequest,
): OpenMachine {
  const refuse = (refusal: string): OpenMachine => ({ machine: { refusal } });
  const functions = openForeignFunctions();
  if (typeof functions === "string") return refuse(functions);
  const base = functions.addressOf(memory.buffer);
  if (base % 64n !== 0n) return refuse("the memory of WebAssembly is not aligned to 64 bytes");
  const scratch = own + callBlockBytes;
  const widest = askProcessor(functions, memory, base, scratch);
  if (typeof widest !== "object") return refuse(widest);
  const cpu = instructions === "auto" ? widest.cpu : instructions;
  if (cpu === "avx512" && widest.cpu === "avx2") return refuse("the processor or the system has no AVX-512");
  const loader = x64Loader(functions, memory, own);
  const wrong = runCheck(loader, memory, base, scratch, check, cpu);
  if (wrong !== undefined) return refuse(wrong);
  functions.preferLargePages(base, memoryBytes);
  return { machine: { base, cpu, multiplyAdds: multiplyAddsOf(widest.words, cpu) }, loader };
}

function askProcessor(
  functions: ForeignFunctions,
  memory: WebAssembly.Memory,
  base: bigint,
  scratch: number,
): { readonly cpu: Cpu; readonly words: Int32Array } | string {
  const mapped = functions.mapCode(featureCode());
  if (typeof mapped === "string") return mapped;
  const filled = new Int32Array(memory.buffer, scratch, featureWords).fill(0);
  const pointer = functions.pointerTo(base + BigInt(scratch));
  functions.call(functions.pointerTo(mapped.address), pointer, pointer);
  mapped.unmap();
  const words = filled.slice();
  const cpu = widestInstructions(words);
  return cpu === undefined ? "the processor or the system has no AVX2 with FMA" : { cpu, words };
}

/** What is wrong with the results; undefined where they are right to the last bit. */
function runCheck(
  loader: KernelLoader<"x64">,
  memory: WebAssembly.Memory,
  base: bigint,
  scratch: number,
  { code, before, after }: SelfCheck,
  cpu: Cpu,
): string | undefined {
  const data = new Float32Array(memory.buffer, scratch + 64, before.length);
  data.set(before);
  new BigInt64Array(memory.buffer, scratch, 1)[0] = base + BigInt(data.byteOffset);
  const { kernels, release } = loader.load({ kind: "x64", code: code[cpu], offsets: [0] });
  const lanes = cpu === "avx512" ? 16 : 8;
  kernels[0]!(scratch, 0, checkedElements / lanes);
  release();
  return data.every((value, at) => Object.is(value, after[at]))
    ? undefined
    : "its self-check gives wrong numbers";
}
