import { expect, test } from "vitest";
import { spreadBytes } from "../../../compiler/spread-bytes.ts";
import { DeviceMemoryError } from "../../memory-error.ts";
import { SharedDeviceMemory, WorkerOwnedMemory } from "./device-memory.ts";
import { SpareBlocks } from "./spare-blocks.ts";

const kilobytes = 1024;

/** Three pages of 64 KB. */
function memoryOf(shared: boolean): SharedDeviceMemory | WorkerOwnedMemory {
  return shared ? new SharedDeviceMemory(192 * kilobytes) : new WorkerOwnedMemory(192 * kilobytes);
}

test.each([true, false])(
  "blocks give way to others, those first that were not used for long: shared %s",
  (shared) => {
    const memory = memoryOf(shared);
    const spare = new SpareBlocks(memory);
    const [a, b, c] = [{}, {}, {}].map((owner) => spare.take(owner, 60 * kilobytes));
    spare.hold(a!)();
    memory.allocate(40 * kilobytes);
    expect([a, b, c].map((block) => block!.address === undefined)).toEqual([false, true, false]);
    expect(spare.bytes).toBe(120 * kilobytes);
    memory.allocate(60 * kilobytes);
    expect([a, c].map((block) => block!.address === undefined)).toEqual([false, true]);
  },
);

test.each([true, false])("what is in use stays, and memory is refused: shared %s", (shared) => {
  const memory = memoryOf(shared);
  const spare = new SpareBlocks(memory);
  const block = spare.take({}, 100 * kilobytes);
  const letGo = spare.hold(block);
  expect(spare.unused).toEqual([]);
  expect(() => memory.allocate(100 * kilobytes)).toThrow(DeviceMemoryError);
  letGo();
  expect(spare.unused).toEqual([block.address]);
  expect(memory.allocate(100 * kilobytes).address).toBeGreaterThan(0);
  expect(block.address).toBeUndefined();
  expect(spare.bytes).toBe(0);
});

test("together they take no more than they may, unless a single one is larger", () => {
  const memory = memoryOf(true);
  const spare = new SpareBlocks(memory, 50 * kilobytes);
  const first = spare.take({}, 30 * kilobytes);
  const second = spare.take({}, 20 * kilobytes);
  expect(first.address).toBeDefined();
  const third = spare.take({}, 80 * kilobytes);
  expect([first, second, third].map(({ address }) => address === undefined)).toEqual([true, true, false]);
  expect(memory.used).toBe(spreadBytes(80 * kilobytes));
});

test("a block that its owner gives back is free, once", () => {
  const memory = memoryOf(true);
  const spare = new SpareBlocks(memory);
  const owner = {};
  const block = spare.take(owner, 64);
  spare.release(owner, block);
  spare.release(owner, block);
  expect(memory.used).toBe(0);
});
