import { Adam, type AdamOptions } from "./adam.ts";

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019), 0.004 by default. */
export class AdamW extends Adam {
  static override readonly className: string = "AdamW";

  constructor(options: AdamOptions = {}) {
    super({ ...options, weightDecay: options.weightDecay ?? 0.004 });
  }
}

/** Makes an `AdamW`. */
export function adamw(options: AdamOptions = {}): AdamW {
  return new AdamW(options);
}
