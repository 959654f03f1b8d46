/** Prints one kernel as WebAssembly and runs it once over buffers of its own memory. */
import type { KernelCode } from "../codegen/kernel-code.ts";
import { printModule } from "../codegen/wasm/print-module.ts";
import type { Elements } from "./kernel-cases.ts";

const page = 65536;
const align = (offset: number): number => Math.ceil(offset / 64) * 64;

/** Copies of the buffers after the kernel has run over the tasks [begin, end). */
export function runWasmKernel(
  kernel: KernelCode,
  buffers: readonly Elements[],
  range: { readonly begin: number; readonly end: number },
  { relaxed = true }: { readonly relaxed?: boolean } = {},
): Elements[] {
  const regions = [...buffers, ...kernel.tables];
  const offsets: number[] = [];
  let end = align(4 * regions.length) + 64;
  for (const region of regions) {
    offsets.push(end);
    end = align(end + region.byteLength) + 64;
  }
  const pages = Math.ceil(end / page);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = new Uint8Array(memory.buffer);
  regions.forEach((region, at) => {
    bytes.set(new Uint8Array(region.buffer, region.byteOffset, region.byteLength), offsets[at]!);
  });
  new Int32Array(memory.buffer, 0, offsets.length).set(offsets);
  const code = printModule([kernel], { relaxed, memory: { initial: pages, maximum: pages, shared: false } });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  (instance.exports.k0 as (block: number, begin: number, end: number) => void)(0, range.begin, range.end);
  return buffers.map((buffer, at) => {
    const copy = memory.buffer.slice(offsets[at]!, offsets[at]! + buffer.byteLength);
    return new (buffer.constructor as new (bytes: ArrayBuffer) => Elements)(copy);
  });
}
