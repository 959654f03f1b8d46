import { TileworkError } from "../util/errors.ts";

/** The device has no room for what was asked. `bytes` is the size of the block that did not fit. */
export class DeviceMemoryError extends TileworkError {
  override name = "DeviceMemoryError";
  readonly bytes: number;

  /** `largest`: bytes that could be had in one piece. */
  constructor(bytes: number, used: number, limit: number, largest: number) {
    super(
      `the device's memory is full: ${megabytes(bytes)} more are needed in one piece; ` +
        `${megabytes(used)} of at most ${megabytes(limit)} are in use, and ${megabytes(largest)} lie together; ` +
        "use a smaller batch size or less data at a time",
    );
    this.bytes = bytes;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
