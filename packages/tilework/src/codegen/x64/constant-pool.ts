/** Constants behind the code, read relative to the instruction. Equal ones are stored once. */
import type { Assembler } from "./assembler.ts";

export class ConstantPool {
  readonly #assembler: Assembler;
  readonly #labels = new Map<string, { readonly label: number; readonly bytes: Uint8Array }>();

  constructor(assembler: Assembler) {
    this.#assembler = assembler;
  }

  /** The label of these 32-bit elements. */
  elements(type: "f32" | "i32", values: readonly number[]): { label: number } {
    const view = new DataView(new ArrayBuffer(4 * values.length));
    values.forEach((value, at) => {
      if (type === "f32") view.setFloat32(4 * at, value, true);
      else view.setInt32(4 * at, value, true);
    });
    return this.bytes(new Uint8Array(view.buffer));
  }

  bytes(bytes: Uint8Array): { label: number } {
    const key = bytes.join();
    let entry = this.#labels.get(key);
    if (entry === undefined) {
      entry = { label: this.#assembler.label(), bytes };
      this.#labels.set(key, entry);
    }
    return { label: entry.label };
  }

  /** Writes the constants, the largest first, so that none crosses a cache line. */
  finish(): void {
    const entries = [...this.#labels.values()].sort((x, y) => y.bytes.length - x.bytes.length);
    if (entries.length > 0) this.#assembler.align(64);
    for (const { label, bytes } of entries) {
      this.#assembler.bind(label);
      this.#assembler.data(bytes);
    }
  }
}
