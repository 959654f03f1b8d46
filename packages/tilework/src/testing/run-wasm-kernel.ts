/** Prints one kernel as WebAssembly and runs it over buffers of its own memory. */
import { lowestAddress } from "../codegen/lowest-address.ts";
import { printModule } from "../codegen/wasm/print-module.ts";
import type { Elements } from "./kernel-cases.ts";
import { distinctRegions, type KernelRun } from "./kernel-run.ts";

const page = 65536;
const align = (offset: number): number => Math.ceil(offset / 64) * 64;

/** Copies of the buffers afterwards. */
export function runWasmKernel(
  { kernel, buffers, ranges }: KernelRun,
  { relaxed = true }: { readonly relaxed?: boolean } = {},
): Elements[] {
  const { regions, slots } = distinctRegions(kernel, buffers);
  const offsets: number[] = [];
  let end = lowestAddress;
  for (const region of regions) {
    offsets.push(end);
    end = align(end + region.length) + 64;
  }
  const pages = Math.ceil(end / page);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = new Uint8Array(memory.buffer);
  regions.forEach((region, at) => {
    bytes.set(region, offsets[at]!);
  });
  new Int32Array(memory.buffer, 0, slots.length).set(slots.map((slot) => offsets[slot]!));
  const code = printModule([kernel], { relaxed, memory: { initial: pages, maximum: pages, shared: false } });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const run = instance.exports.k0 as (block: number, begin: number, end: number) => void;
  for (const [begin, end] of ranges) run(0, begin, end);
  return buffers.map((buffer, at) => {
    const offset = offsets[slots[at]!]!;
    const copy = memory.buffer.slice(offset, offset + buffer.byteLength);
    return new (buffer.constructor as new (bytes: ArrayBuffer) => Elements)(copy);
  });
}
