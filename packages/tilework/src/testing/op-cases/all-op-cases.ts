import { elementwiseCases } from "./elementwise-cases.ts";
import type { OpCase } from "./op-case.ts";
import { tensorCases } from "./tensor-cases.ts";
import { windowCases } from "./window-cases.ts";

/** Cases of every op, for every device. */
export const allOpCases: readonly OpCase[] = [...elementwiseCases, ...tensorCases, ...windowCases];
