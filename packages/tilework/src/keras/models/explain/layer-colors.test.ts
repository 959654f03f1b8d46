import { expect, test } from "vitest";
import { layerColors } from "./layer-colors.ts";

test.each([1, 2, 3, 8, 16, 60])("each of %d layers has a color of its own", (count) => {
  const names = Array.from({ length: count }, (_, i) => `layer${i}`);
  const colors = layerColors([...names, ...names]);
  expect([...colors.keys()]).toEqual(names);
  expect(new Set(colors.values()).size).toBe(count);
});
