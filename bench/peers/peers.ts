/** Which peers a run has: Tilework's devices always, the others where they are named or installed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { processorHas } from "../machine/burst.ts";
import type { PeerSpec } from "./peer-process.ts";

export interface PeerOptions {
  /** Pythons with Keras and that backend. */
  readonly kerasTensorflow?: string | undefined;
  readonly kerasJax?: string | undefined;
  readonly kerasTorch?: string | undefined;
  /** A Python with PyTorch. */
  readonly torch?: string | undefined;
  readonly devices: readonly string[];
  /** Names of npm packages to leave out: tfjs, onnx. */
  readonly without: readonly string[];
}

const here = import.meta.dirname;
const node = { command: process.execPath, flags: ["--disable-warning=ExperimentalWarning"] } as const;

/** A Tilework device by name: x64, avx2 (x64 with narrower instructions), wasm. */
export function tileworkPeer(device: string, threads?: number): PeerSpec {
  const env: Record<string, string> = { TILEWORK_DEVICE: device === "avx2" ? "x64" : device };
  if (device === "avx2") env.TILEWORK_INSTRUCTIONS = "avx2";
  return {
    label: `Tilework ${device}${threads === undefined ? "" : `, ${threads} thread${threads === 1 ? "" : "s"}`}`,
    command: node.command,
    args: [...node.flags, join(here, "tilework-peer.ts")],
    env,
    engine: device === "wasm" ? "wasm" : "x64",
    measuresTimer: true,
    ...(threads !== undefined && { threads }),
  };
}

export function peersOf(options: PeerOptions, mode: "train" | "predict"): PeerSpec[] {
  const devices = options.devices.filter((device) => device !== "x64" || processorHas("avx2"));
  const peers: PeerSpec[] = devices.map((device) => tileworkPeer(device));
  const python = (label: string, command: string | undefined, file: string, backend?: string): void => {
    if (command === undefined) return;
    const env = backend === undefined ? {} : { KERAS_BACKEND: backend };
    peers.push({ label, command, args: [join(here, file)], env, engine: "x64" });
  };
  python("Keras tensorflow", options.kerasTensorflow, "keras_peer.py", "tensorflow");
  python("Keras jax", options.kerasJax, "keras_peer.py", "jax");
  python("Keras torch", options.kerasTorch, "keras_peer.py", "torch");
  python("PyTorch", options.torch, "torch_peer.py");
  const script = (label: string, name: string, file: string, needs: string, engine: "x64" | "wasm"): void => {
    if (options.without.includes(name) || !existsSync(join(here, "../node_modules", needs))) return;
    peers.push({ label, command: node.command, args: [...node.flags, join(here, file)], engine });
  };
  if (mode === "predict") {
    script("onnxruntime-node", "onnx", "onnx-peer.ts", "onnxruntime-node", "x64");
    script("TensorFlow.js wasm", "tfjs", "tfjs-peer.ts", "@tensorflow/tfjs", "wasm");
  }
  return peers;
}
