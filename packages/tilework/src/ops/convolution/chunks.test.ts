import { expect, test } from "vitest";
import { chunksOf } from "./chunks.ts";

test.each([
  { batch: 1, results: 100, count: 1, images: 1 },
  { batch: 5, results: 100, count: 5, images: 1 },
  { batch: 32, results: 100, count: 8, images: 4 },
  { batch: 33, results: 100, count: 7, images: 5 },
  { batch: 32, results: 9 * 512 * 512, count: 1, images: 32 },
])("$batch images for $results results are summed in $count chunks", ({ batch, results, count, images }) => {
  expect(chunksOf(batch, results)).toEqual({ batch, count, images });
});
