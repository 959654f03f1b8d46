import { aligned } from "./allocator.ts";

/** Arrays that travel in one block. */
export class Staging {
  readonly #parts: { readonly bytes: Uint8Array; readonly offset: number }[] = [];
  bytes = 0;

  /** Gives the offset in the block. */
  add(bytes: Uint8Array): number {
    const offset = this.bytes;
    this.#parts.push({ bytes, offset });
    this.bytes += aligned(bytes.length);
    return offset;
  }

  copyTo(target: Uint8Array): void {
    for (const { bytes, offset } of this.#parts) target.set(bytes, offset);
  }
}
