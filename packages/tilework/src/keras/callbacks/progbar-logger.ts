import { Callback, type CallbackParams, type Logs } from "./callback.ts";
import { ProgressBar, type TextOutput } from "./progress-bar.ts";

/** Prints Keras's progress line; `fit`, `evaluate` and `predict` add one unless `verbose` is 0. */
export class ProgbarLogger extends Callback {
  readonly late = true;
  readonly #output: TextOutput;
  readonly #now: () => number;
  #bar: ProgressBar | undefined;
  #inFit = false;

  constructor(output: TextOutput, now: () => number = () => performance.now() / 1000) {
    super();
    this.#output = output;
    this.#now = now;
  }

  onTrainBegin(): void {
    this.#inFit = true;
  }

  onEpochBegin(epoch: number): void {
    const { epochs } = this.#params();
    this.#start();
    if (epochs > 1) this.#output.write(`Epoch ${epoch + 1}/${epochs}\n`);
  }

  onTrainBatchEnd(batch: number, logs: Logs): void {
    this.#bar?.update(batch + 1, logs);
  }

  onEpochEnd(_epoch: number, logs: Logs): void {
    this.#finish(logs);
  }

  onTestBegin(): void {
    if (!this.#inFit) this.#start();
  }

  onTestBatchEnd(batch: number, logs: Logs): void {
    if (!this.#inFit) this.#bar?.update(batch + 1, logs);
  }

  onTestEnd(logs: Logs): void {
    if (!this.#inFit) this.#finish(logs);
  }

  onPredictBegin(): void {
    this.#start();
  }

  onPredictBatchEnd(batch: number): void {
    this.#bar?.update(batch + 1, {});
  }

  onPredictEnd(): void {
    this.#finish({});
  }

  #params(): CallbackParams & { verbose: 1 | 2 } {
    const { epochs = 1, steps, verbose } = this.params ?? {};
    return { epochs, steps, verbose: verbose === 2 ? 2 : 1 };
  }

  #start(): void {
    const { steps, verbose } = this.#params();
    this.#bar = new ProgressBar({ target: steps, verbose, output: this.#output, now: this.#now });
  }

  #finish(logs: Logs): void {
    this.#bar?.update(this.#params().steps ?? 0, logs, true);
  }
}
