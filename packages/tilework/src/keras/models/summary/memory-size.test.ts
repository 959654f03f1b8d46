import { expect, test } from "vitest";
import { formatMemorySize } from "./memory-size.ts";

// Expected texts are what Python's f"{size:.2f}" gives, in keras/src/utils/summary_utils.py.
test.each([
  [0, "0.00 B"],
  [1023, "1023.00 B"],
  [1024, "1.00 KB"],
  [139_304, "136.04 KB"],
  [417_920, "408.12 KB"],
  [418_176, "408.38 KB"],
  [1024 ** 2 - 1, "1024.00 KB"],
  [1024 ** 2, "1.00 MB"],
  [1_600_080_000, "1.49 GB"],
  [1024 ** 4, "1.00 TB"],
  [1024 ** 5, "1.00 PB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatMemorySize(bytes)).toBe(text);
});
