import { expect, test } from "vitest";
import { SerialQueue } from "./serial-queue.ts";

test("tasks run in order, one at a time, and a failed one stops nothing", async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const task = (name: string, milliseconds: number) => async () => {
    log.push(`${name} begins`);
    await new Promise((resume) => setTimeout(resume, milliseconds));
    log.push(`${name} ends`);
    if (name === "b") throw new Error("b failed");
    return name;
  };
  const results = await Promise.allSettled([
    queue.run(task("a", 5)),
    queue.run(task("b", 0)),
    queue.run(task("c", 0)),
  ]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
