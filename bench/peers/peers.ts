/** Which peers a run has: Tilework's devices always, the others where they are named or installed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DeviceName, NpmPeer, PythonPeer } from "../options.ts";
import type { PeerSpec } from "./peer-process.ts";

export interface PeerOptions {
  readonly pythons: Readonly<Partial<Record<PythonPeer, string>>>;
  readonly devices: readonly DeviceName[];
  readonly without: readonly NpmPeer[];
}

const here = import.meta.dirname;
const node = { command: process.execPath, flags: ["--disable-warning=ExperimentalWarning"] } as const;

/** The variables that make a process of Tilework's take a device. */
export function variablesOf(device: DeviceName): Readonly<Record<string, string>> {
  return device === "avx2"
    ? { TILEWORK_DEVICE: "x64", TILEWORK_INSTRUCTIONS: "avx2" }
    : { TILEWORK_DEVICE: device };
}

export function tileworkPeer(device: DeviceName, threads?: number): PeerSpec {
  return {
    label: `Tilework ${device}${threads === undefined ? "" : `, ${threads} thread${threads === 1 ? "" : "s"}`}`,
    command: node.command,
    args: [...node.flags, join(here, "tilework-peer.ts")],
    env: variablesOf(device),
    engine: device === "wasm" ? "wasm" : "x64",
    measuresTimer: true,
    ...(threads !== undefined && { threads }),
  };
}

export function peersOf(options: PeerOptions, mode: "train" | "predict"): PeerSpec[] {
  const peers: PeerSpec[] = options.devices.map((device) => tileworkPeer(device));
  const python = (label: string, name: PythonPeer, file: string, backend?: string): void => {
    const command = options.pythons[name];
    if (command === undefined) return;
    const env = backend === undefined ? {} : { KERAS_BACKEND: backend };
    peers.push({ label, command, args: [join(here, file)], env, engine: "x64" });
  };
  python("Keras tensorflow", "keras-tensorflow", "keras_peer.py", "tensorflow");
  python("Keras jax", "keras-jax", "keras_peer.py", "jax");
  python("Keras torch", "keras-torch", "keras_peer.py", "torch");
  python("PyTorch", "torch", "torch_peer.py");
  const script = (
    label: string,
    name: NpmPeer,
    file: string,
    needs: string,
    engine: "x64" | "wasm",
  ): void => {
    if (options.without.includes(name) || !existsSync(join(here, "../node_modules", needs))) return;
    peers.push({ label, command: node.command, args: [...node.flags, join(here, file)], engine });
  };
  if (mode === "predict") {
    script("onnxruntime-node", "onnx", "onnx-peer.ts", "onnxruntime-node", "x64");
    script("TensorFlow.js wasm", "tfjs", "tfjs-peer.ts", "@tensorflow/tfjs", "wasm");
  }
  return peers;
}
