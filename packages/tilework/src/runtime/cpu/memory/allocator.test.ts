import fc from "fast-check";
import { expect, test } from "vitest";
import { Allocator } from "./allocator.ts";

test("blocks are aligned, the first gap that fits is taken, and neighbours merge", () => {
  const allocator = new Allocator(100);
  expect(allocator.allocate(1)).toBeUndefined();
  allocator.extend(128 + 64 * 10);
  const blocks = [1, 64, 65, 200].map((bytes) => allocator.allocate(bytes));
  expect(blocks).toEqual([128, 192, 256, 384]);
  expect(allocator.allocate(129)).toBeUndefined();
  allocator.free(192);
  allocator.free(128);
  expect(allocator.allocate(128)).toBe(128);
  expect(allocator.missing(192)).toBe(64);
});

test("blocks of whole pages start in different sets of the first cache where there is room", () => {
  const [page, pages] = [4096, 16];
  const allocator = new Allocator(page);
  allocator.extend(page * (1 + 4 * pages + 1));
  const blocks = Array.from({ length: 4 }, () => allocator.allocate(page * pages)!);
  expect(new Set(blocks.map((address) => address % page)).size).toBe(4);
  const tight = new Allocator(page);
  tight.extend(page * (1 + pages));
  expect(tight.allocate(page * pages)).toBe(page);
});

test("freeing twice is an error", () => {
  const allocator = new Allocator(64);
  allocator.extend(1024);
  const block = allocator.allocate(10)!;
  allocator.free(block);
  expect(() => allocator.free(block)).toThrow("freed twice");
});

test("blocks never overlap, and all of them freed make one block again", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.boolean()), { maxLength: 60 }),
      (calls) => {
        const allocator = new Allocator(64);
        allocator.extend(16384);
        const live: { address: number; bytes: number }[] = [];
        for (const [bytes, free] of calls) {
          const address = allocator.allocate(bytes);
          if (address !== undefined) {
            for (const other of live)
              expect(address + bytes <= other.address || other.address + other.bytes <= address).toBe(true);
            live.push({ address, bytes });
          }
          if (free && live.length > 0) allocator.free(live.splice(bytes % live.length, 1)[0]!.address);
        }
        for (const { address } of live) allocator.free(address);
        expect(allocator.used).toBe(0);
        expect(allocator.allocate(16384 - 64)).toBe(64);
      },
    ),
  );
});
