/** Which peers a run has: Tilework's devices always, the others where they are named or installed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PeerSpec } from "./peer-process.ts";

export interface PeerOptions {
  /** Pythons with Keras and that backend. */
  readonly kerasTensorflow?: string | undefined;
  readonly kerasJax?: string | undefined;
  readonly kerasTorch?: string | undefined;
  /** A Python with PyTorch. */
  readonly torch?: string | undefined;
  readonly devices: readonly string[];
  readonly tfjs: boolean;
}

const here = import.meta.dirname;

export function peersOf(options: PeerOptions, mode: "train" | "predict"): PeerSpec[] {
  const peers: PeerSpec[] = options.devices.map((device) => ({
    label: `Tilework ${device}`,
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", join(here, "tilework-peer.ts")],
    env: { TILEWORK_DEVICE: device },
  }));
  const keras = (backend: string, python: string | undefined): void => {
    if (python === undefined) return;
    const args = [join(here, "keras_peer.py")];
    peers.push({ label: `Keras ${backend}`, command: python, args, env: { KERAS_BACKEND: backend } });
  };
  keras("tensorflow", options.kerasTensorflow);
  keras("jax", options.kerasJax);
  keras("torch", options.kerasTorch);
  if (options.torch !== undefined)
    peers.push({ label: "PyTorch", command: options.torch, args: [join(here, "torch_peer.py")] });
  if (options.tfjs && mode === "predict" && existsSync(join(here, "../node_modules/@tensorflow/tfjs")))
    peers.push({ label: "TensorFlow.js wasm", command: process.execPath, args: [join(here, "tfjs-peer.ts")] });
  return peers;
}
