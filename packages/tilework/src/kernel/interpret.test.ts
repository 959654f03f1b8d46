import { describe, expect, test } from "vitest";
import { hardNests } from "../testing/hard-nests.ts";
import { memoryOf } from "../testing/nest-case.ts";
import { firstDifference, tolerances } from "../testing/tolerances.ts";
import { interpretNest } from "./interpret.ts";

describe.each([{ fused: true }, { fused: false }])(
  "hard nests agree with plain loops in float64, %o",
  (options) => {
    test.each(hardNests)("$name", (nestCase) => {
      const memory = memoryOf(nestCase);
      for (const nest of nestCase.nests) interpretNest(nest, (buffer) => memory.get(buffer)!, options);
      for (const [buffer, expected] of nestCase.expected) {
        const tolerance = buffer.dtype === "float32" ? tolerances.sum : tolerances.exact;
        expect(firstDifference(memory.get(buffer)!, expected, tolerance), buffer.name).toBeUndefined();
      }
    });
  },
);
