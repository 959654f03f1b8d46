/** The benchmark's side of protocol.md: a peer in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Request } from "./serve.ts";

export interface PeerSpec {
  /** How the table calls it. */
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Which burst its share is of. */
  readonly engine: "x64" | "wasm";
  /** Default: the run's. */
  readonly threads?: number;
  /** Answers `timer`. */
  readonly measuresTimer?: boolean;
}

/** Seconds that one answer may take: compiling and warming up a large network is slow on a busy machine. */
const patience = 600;

export class PeerProcess {
  readonly spec: PeerSpec;
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: Record<string, unknown>) => void)[] = [];
  #stderr = "";

  constructor(spec: PeerSpec, threadsOfRun: number) {
    this.spec = spec;
    const threads = spec.threads ?? threadsOfRun;
    const env = {
      ...process.env,
      BENCH_THREADS: String(threads),
      TILEWORK_THREADS: String(threads),
      ...spec.env,
    };
    this.#child = spawn(spec.command, spec.args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.on("error", (error) => this.#settle({ error: error.message }));
    this.#child.on("exit", (code) =>
      this.#settle({ error: `ended with ${code}: ${lastError(this.#stderr)}` }),
    );
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-4000);
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      if (line.startsWith("@ ")) this.#settle(JSON.parse(line.slice(2)) as Record<string, unknown>);
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The peer's answer; throws when it answers with an error, ends or takes too long. */
  async ask(request: Partial<Request>): Promise<Record<string, unknown>> {
    const answered = new Promise<Record<string, unknown>>((resolve) => this.#waiting.push(resolve));
    if (this.#child.exitCode !== null) throw new Error(`${this.spec.label} has ended`);
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const timer = setTimeout(() => this.#settle({ error: `no answer in ${patience} s` }), patience * 1000);
    const answer = await answered;
    clearTimeout(timer);
    if (answer.error !== undefined) throw new Error(`${this.spec.label}: ${answer.error}`);
    return answer;
  }

  end(): void {
    this.#child.kill();
  }

  #settle(answer: Record<string, unknown>): void {
    this.#waiting.shift()?.(answer);
  }
}

/** The last line that names an error; else the last line. */
export function lastError(text: string): string | undefined {
  const lines = text.trim().split("\n");
  return lines.findLast((line) => line.includes("Error")) ?? lines.at(-1);
}
