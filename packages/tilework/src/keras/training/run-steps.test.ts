import { expect, test } from "vitest";
import type { StepOutputs } from "../../runtime/device.ts";
import { BurstSize } from "./burst-size.ts";
import type { LoadedProgram } from "./model-runtime.ts";
import { runSteps, StepFailure, type StepSequence } from "./run-steps.ts";

/** A device that tells its calls: `<` when one is handed over, `>` when it is done; a call fails at `failing`. */
function fakeProgram(events: string[], failing = -1): LoadedProgram {
  let done = Promise.resolve();
  const run = async (_: unknown, steps: readonly unknown[]): Promise<StepOutputs[]> => {
    const first = (steps[0] as { step: Int32Array }).step[0]!;
    events.push(`<${first}`);
    const before = done;
    done = before.then(() => new Promise<void>((resolve) => setTimeout(resolve, 2)));
    await done;
    events.push(`>${first}`);
    if (first === failing) throw new Error("the device broke");
    return steps.map(() => ({ loss: Float32Array.of(0) }));
  };
  const burst = new BurstSize();
  burst.measured = () => {};
  return { executable: { run }, inputs: ["step"], outputs: {}, burst };
}

function sequenceOf(events: string[], steps: number, changes: Partial<StepSequence> = {}): StepSequence {
  const program = fakeProgram(events);
  return {
    store: undefined as never,
    batches: Array.from({ length: steps }, () => new Uint32Array(2)),
    oneByOne: false,
    signal: undefined,
    load: async () => program,
    feeds: (_, step) => ({ step: Int32Array.of(step) }),
    before: async (step) => void events.push(`before ${step}`),
    after: async (step) => events.push(`after ${step}`) > 0,
    ...changes,
  };
}

test("a call is handed over before the one before it is done, and results come in order", async () => {
  const events: string[] = [];
  await runSteps(sequenceOf(events, 3));
  expect(events).toEqual(["<0", "<1", ">0", "after 0", "<2", ">1", "after 1", ">2", "after 2"]);
});

test("where each step is a call of its own, nothing is begun before callbacks have heard of the last", async () => {
  const events: string[] = [];
  await runSteps(sequenceOf(events, 2, { oneByOne: true }));
  expect(events).toEqual(["before 0", "<0", ">0", "after 0", "before 1", "<1", ">1", "after 1"]);
});

test("an abort lets the calls under way finish, counts their steps and rejects with its reason", async () => {
  const events: string[] = [];
  const controller = new AbortController();
  const sequence = sequenceOf(events, 9, {
    signal: controller.signal,
    after: async (step) => {
      events.push(`after ${step}`);
      controller.abort("enough");
      return true;
    },
  });
  await expect(runSteps(sequence)).rejects.toBe("enough");
  expect(events).toEqual(["<0", "<1", ">0", "after 0", ">1", "after 1"]);
});

test("an abort after the last step was begun changes nothing", async () => {
  const events: string[] = [];
  const controller = new AbortController();
  const feeds: StepSequence["feeds"] = (_, step) => {
    controller.abort();
    return { step: Int32Array.of(step) };
  };
  await runSteps(sequenceOf(events, 1, { signal: controller.signal, feeds }));
  expect(events).toEqual(["<0", ">0", "after 0"]);
});

test("whoever ends the sequence hears of the steps that were under way", async () => {
  const events: string[] = [];
  const after: StepSequence["after"] = async (step) => {
    events.push(`after ${step}`);
    return step > 0;
  };
  await runSteps(sequenceOf(events, 9, { after }));
  expect(events).toEqual(["<0", "<1", ">0", "after 0", ">1", "after 1"]);
});

test("a device that fails rejects with a StepFailure that names the cause", async () => {
  const events: string[] = [];
  const program = fakeProgram(events, 1);
  const error = await runSteps(sequenceOf(events, 9, { load: async () => program })).catch(
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(StepFailure);
  expect(error.cause).toEqual(new Error("the device broke"));
  expect(events.filter((event) => event.startsWith("after"))).toEqual(["after 0"]);
});

test("a call grows at most fourfold, to some 40 milliseconds, and shrinks at once", () => {
  const burst = new BurstSize();
  const sizes = [
    [1, 1],
    [4, 4],
    [16, 16],
    [40, 400],
    [4, 1000],
  ].map(([steps, milliseconds]) => {
    burst.measured(steps!, milliseconds!);
    return burst.steps;
  });
  expect(sizes).toEqual([4, 16, 40, 4, 1]);
});
