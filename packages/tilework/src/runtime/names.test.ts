import { beforeEach, expect, test } from "vitest";
import { clearSession, uniqueName } from "./names.ts";

beforeEach(clearSession);

test("names of one prefix are counted from the second on", () => {
  expect(["conv2d", "conv2d", "dense", "conv2d"].map(uniqueName)).toEqual([
    "conv2d",
    "conv2d_1",
    "dense",
    "conv2d_2",
  ]);
});

test("clearSession starts them anew", () => {
  uniqueName("dense");
  clearSession();
  expect(uniqueName("dense")).toBe("dense");
});
