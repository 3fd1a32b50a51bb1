/** Two projects: `unit` runs in a simulated document, `browser` drives the built bundle in Chromium. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    pool: "threads",
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/*.test.ts"], environment: "happy-dom" } },
      {
        extends: true,
        test: { name: "browser", include: ["tests/browser/*.test.ts"], environment: "node", testTimeout: 120_000 },
      },
    ],
  },
});
