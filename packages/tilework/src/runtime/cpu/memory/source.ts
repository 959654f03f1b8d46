/** Whole arrays in the device's memory, of which steps take rows. */
import { byteSize, type Dtype } from "../../../tensor/dtype.ts";
import { ArgumentError } from "../../../util/errors.ts";
import { checkRows } from "../../check-data.ts";
import type { DataSource, HostData } from "../../device.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import type { Block } from "./blocks.ts";
import { bytesIn } from "./bytes.ts";

export class CpuSource implements DataSource {
  readonly dtype: Dtype;
  readonly rowSize: number;
  readonly rows: number;
  readonly runtime: CpuRuntime;
  readonly #block: Block;
  #released = false;

  constructor(runtime: CpuRuntime, data: HostData, rowSize: number, dtype: Dtype) {
    this.rows = checkRows(data, rowSize, dtype);
    this.runtime = runtime;
    this.dtype = dtype;
    this.rowSize = rowSize;
    const bytes = bytesIn(data);
    this.#block = runtime.memory.allocate(bytes.length);
    runtime.own(this, [this.#block]);
    runtime.memory.write(this.#block.address, bytes.length, (target) => target.set(bytes));
  }

  get rowBytes(): number {
    return this.rowSize * byteSize[this.dtype];
  }

  /** Throws an ArgumentError after `release`. */
  get block(): Block {
    if (this.#released) throw new ArgumentError("source", "the source was released; make a new one");
    return this.#block;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    void this.runtime.exclusive(() => this.runtime.disown(this, [this.#block]));
  }
}
