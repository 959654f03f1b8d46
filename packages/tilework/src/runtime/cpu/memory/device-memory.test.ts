import { expect, test } from "vitest";
import { DeviceMemoryError } from "../../memory-error.ts";
import { createDeviceMemory } from "./device-memory.ts";

test.each([true, false])(
  "blocks hold what is written, also after the memory has grown (shared: %s)",
  async (shared) => {
    const memory = createDeviceMemory(shared);
    const first = memory.allocate(100);
    memory.write(first.address, 100, (target) => target.fill(7));
    const before = memory.bytes;
    const second = memory.allocate(40 * 2 ** 20);
    expect(memory.bytes).toBeGreaterThan(before);
    memory.write(second.address, 4, (target) => target.set([1, 2, 3, 4]));
    expect(await memory.read(first.address, 100)).toEqual(new Uint8Array(100).fill(7));
    expect(await memory.read(second.address, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect([first.address % 64, second.address % 64]).toEqual([0, 0]);
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
    expect(memory.allocate(64).address).toBeGreaterThan(0);
  },
);

test("a fresh worker that owns its memory starts from all that was written and not freed", () => {
  const memory = createDeviceMemory(false);
  const [kept, freed] = [memory.allocate(4), memory.allocate(4)];
  for (const { address } of [kept, freed]) memory.write(address, 4, (target) => target.fill(address % 251));
  memory.free(freed);
  const written: number[] = [];
  memory.connect({
    write: (address, data) => written.push(address, ...data),
    move: () => undefined,
    read: async (_, bytes) => new Uint8Array(bytes),
  });
  expect(written).toEqual([kept.address, ...new Array(4).fill(kept.address % 251)]);
});

test.each([true, false])(
  "compacted blocks lie together and keep their bytes (shared: %s)",
  async (shared) => {
    const memory = createDeviceMemory(shared, 4 * 2 ** 20);
    const worker = new Uint8Array(2 ** 24);
    memory.connect({
      write: (address, data) => worker.set(data, address),
      move: (moves) => {
        for (const { from, to, bytes } of moves) worker.copyWithin(to, from, from + bytes);
      },
      read: async (address, bytes) => worker.slice(address, address + bytes),
    });
    const blocks = Array.from({ length: 40 }, (_, i) => {
      const bytes = 64 * (1 + ((i * 7) % 50));
      const block = memory.allocate(bytes);
      memory.write(block.address, bytes, (target) => target.fill(i));
      return { block, bytes, i };
    });
    const start = blocks[0]!.block.address;
    const kept = blocks.filter(({ i }) => i % 3 === 1);
    for (const { block, i } of blocks) if (i % 3 !== 1) memory.free(block);
    memory.compact();
    let end = start;
    for (const { block, bytes, i } of kept) {
      expect(block.address).toBe(end);
      expect(await memory.read(block.address, bytes)).toEqual(new Uint8Array(bytes).fill(i));
      end += bytes;
    }
    expect(memory.moves).toBe(1);
    memory.compact();
    expect(memory.moves).toBe(1);
    expect(memory.allocate(memory.limit - memory.used).address).toBe(end);
    for (const { block } of kept) memory.free(block);
  },
);
