/** A page that trains on digits while a timer watches that it stays alive; the test asks for `pageReport`. */
import { supportsRelaxedSimd } from "tilework/internal";
import { type TrainingReport, trainOnDigits } from "../train-on-digits.ts";

export interface PageReport {
  readonly isolated: boolean;
  readonly relaxedSimd: boolean;
  readonly training: TrainingReport;
  /** The longest time between two ticks of a 10 ms timer while training ran, in milliseconds. */
  readonly longestGap: number;
  readonly ticks: number;
  /** What the Content-Security-Policy forbade. */
  readonly violations: readonly string[];
}

declare global {
  var pageReport: Promise<PageReport> | undefined;
}

const violations: string[] = [];
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
});

globalThis.pageReport = report();

async function report(): Promise<PageReport> {
  const images = new Float32Array(await load("images.bin"));
  const labels = new Int32Array(await load("labels.bin"));
  let ticks = 0;
  let last = performance.now();
  let longestGap = 0;
  const tick = (): void => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    last = now;
    ticks++;
  };
  const timer = setInterval(tick, 10);
  const training = await trainOnDigits(images, labels);
  tick();
  clearInterval(timer);
  document.querySelector("#state")!.textContent = "done";
  return {
    isolated: crossOriginIsolated,
    relaxedSimd: supportsRelaxedSimd(),
    training,
    longestGap,
    ticks,
    violations,
  };
}

async function load(name: string): Promise<ArrayBuffer> {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.arrayBuffer();
}
