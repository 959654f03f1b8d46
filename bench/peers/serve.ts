/** The peer's side of protocol.md: answers requests from standard input, one JSON object a line. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Request {
  readonly do: "hello" | "prepare" | "sample" | "timer" | "end";
  readonly network: number;
  readonly batch: number;
  readonly steps: number;
  readonly mode: "train" | "predict";
}

/** Milliseconds: the median, the 99th percentile and the longest. */
export interface TimerGaps {
  readonly gap50: number;
  readonly gap99: number;
  readonly longest: number;
}

/** Who a peer is. */
export interface Hello {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Peer {
  hello(): Hello | Promise<Hello>;
  /** Builds, compiles and warms up. */
  prepare(request: Request): Promise<void>;
  /** Milliseconds a step. */
  sample(): Promise<number>;
  /** Gaps between the ticks of a 10 ms timer of the main thread while samples run. */
  timer?(): Promise<TimerGaps>;
}

export async function serve(peer: Peer): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if (request.do === "end") break;
    answer(await respond(peer, request));
  }
  process.exit(0);
}

async function respond(peer: Peer, request: Request): Promise<unknown> {
  try {
    if (request.do === "hello") return await peer.hello();
    if (request.do === "sample") return { ms: await peer.sample() };
    if (request.do === "timer") return (await peer.timer?.()) ?? { error: "measures no timer" };
    const started = performance.now();
    await peer.prepare(request);
    return { ready: true, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    return { error: String(error) };
  }
}

function answer(value: unknown): void {
  process.stdout.write(`@ ${JSON.stringify(value)}\n`);
}

/** Images and labels of the networks' shapes, random but the same for every peer in kind. */
export function randomData(
  shape: readonly number[],
  count: number,
): { readonly images: Float32Array; readonly labels: Int32Array; readonly oneHot: Float32Array } {
  const size = shape.reduce((product, length) => product * length, 1);
  const images = Float32Array.from({ length: count * size }, () => Math.random());
  const labels = Int32Array.from({ length: count }, () => Math.floor(Math.random() * 10));
  const oneHot = new Float32Array(count * 10);
  for (const [at, label] of labels.entries()) oneHot[at * 10 + label] = 1;
  return { images, labels, oneHot };
}

/** The version of a package that a peer uses. */
export function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = folders.map((folder) => join(folder, name, "package.json")).find(existsSync);
  return file === undefined
    ? "unknown"
    : (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
