import { ArgumentError } from "../util/errors.ts";

/** The device that was asked for cannot run here; the message says why and what can. */
export class DeviceError extends ArgumentError {
  override name = "DeviceError";
  readonly device: string;

  constructor(device: string, why: string) {
    super(
      "device",
      device === "auto"
        ? `no device can run here: ${why}`
        : `the device "${device}" cannot run here: ${why}; use "auto" for the fastest that can`,
    );
    this.device = device;
  }
}
