import { expect, test } from "vitest";
import { DeviceMemoryError } from "../../memory-error.ts";
import { createDeviceMemory } from "./device-memory.ts";

test.each([true, false])(
  "blocks hold what is written, also after the memory has grown (shared: %s)",
  async (shared) => {
    const memory = createDeviceMemory(shared);
    const first = memory.allocate(100);
    memory.write(first, 100, (target) => target.fill(7));
    const before = memory.bytes;
    const second = memory.allocate(40 * 2 ** 20);
    expect(memory.bytes).toBeGreaterThan(before);
    memory.write(second, 4, (target) => target.set([1, 2, 3, 4]));
    expect(await memory.read(first, 100)).toEqual(new Uint8Array(100).fill(7));
    expect(await memory.read(second, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect([first % 64, second % 64]).toEqual([0, 0]);
  },
);

test.each([true, false])(
  "a block that never fits is refused with sizes, and the next one is not (shared: %s)",
  (shared) => {
    const memory = createDeviceMemory(shared);
    expect(() => memory.allocate(5 * 2 ** 30)).toThrow(DeviceMemoryError);
    expect(() => memory.allocate(5 * 2 ** 30)).toThrow(
      /5120\.0 MB more are needed in one piece; 0\.0 MB of at most \d+\.0 MB are in use, and \d+\.\d MB lie together/,
    );
    expect(memory.allocate(64)).toBeGreaterThan(0);
  },
);

test("a fresh worker that owns its memory starts from all that was written and not freed", () => {
  const memory = createDeviceMemory(false);
  const [kept, freed] = [memory.allocate(4), memory.allocate(4)];
  for (const block of [kept, freed]) memory.write(block, 4, (target) => target.fill(block % 251));
  memory.free(freed);
  const written: number[] = [];
  memory.connect({
    write: (address, data) => written.push(address, ...data),
    read: async (_, bytes) => new Uint8Array(bytes),
  });
  expect(written).toEqual([kept, ...new Array(4).fill(kept % 251)]);
});
