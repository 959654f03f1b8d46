import type { DataSource, Device, Feed, StepFeeds } from "../../runtime/device.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Column } from "./columns.ts";
import type { ModelData } from "./model-data.ts";
import type { StepShape } from "./step-program.ts";

/** A model's data on the device, so that a step names only its rows. */
export class StagedData {
  readonly data: ModelData;
  readonly #sources: Map<string, DataSource> = new Map();

  constructor(device: Device, data: ModelData) {
    this.data = data;
    const staged = new Map<Column, DataSource>();
    for (const [name, column] of namedColumns(data)) {
      const source =
        staged.get(column) ?? device.createSource(column.data, sizeOf(column.rowShape), column.dtype);
      staged.set(column, source);
      this.#sources.set(name, source);
    }
  }

  /** The feeds of a step over these rows. */
  feeds(rows: Uint32Array): StepFeeds {
    return Object.fromEntries([...this.#sources].map(([name, source]) => [name, { source, rows }]));
  }

  release(): void {
    for (const source of new Set(this.#sources.values())) source.release();
  }
}

/** Bytes of each column that is put on a device; columns that stand in several places of one set of data count once. */
export function stagedSizes(all: readonly ModelData[]): number[] {
  return [...new Set(all)].flatMap((data) =>
    [...new Set(namedColumns(data).map(([, column]) => column))].map((column) => column.data.byteLength),
  );
}

/** The feeds of one step over all rows. */
export function wholeFeeds(data: ModelData): Record<string, Feed> {
  return Object.fromEntries(namedColumns(data).map(([name, column]) => [name, column.data]));
}

/** What a step over `batch` rows of the data needs to know. */
export function stepShapeOf({ inputs, labels, weights }: ModelData, batch: number): StepShape {
  return { batch, inputs, labels, weights };
}

function namedColumns({ inputs, labels, weights }: ModelData): [string, Column][] {
  const named = (prefix: string, columns: readonly (Column | undefined)[]): [string, Column][] =>
    columns.flatMap((column, i) => (column === undefined ? [] : [[`${prefix}.${i}`, column]]));
  return [...named("x", inputs), ...named("y", labels), ...named("w", weights)];
}
