import * as tilework from "../index.ts";
import type { KerasConfig } from "../keras/initializers/initializer.ts";
import type { Layer } from "../keras/layers/layer.ts";

interface LayerConstructor {
  fromConfig(config: KerasConfig): Layer;
}

/** The layer of a Keras class name and a config with Keras's keys. */
export function layerOf(className: string, config: KerasConfig): Layer {
  return (tilework as unknown as Record<string, LayerConstructor>)[className]!.fromConfig(config);
}
