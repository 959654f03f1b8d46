import { defineConfig } from "vitest/config";

const common = { pool: "forks" } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "library",
          include: ["packages/*/src/**/*.test.ts"],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "benchmark",
          include: ["bench/**/*.test.ts"],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "whole",
          include: ["test/**/*.test.ts"],
          globalSetup: "test/build-library.ts",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
