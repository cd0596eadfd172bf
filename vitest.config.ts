import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const shared = { resolve: { alias: { hydrograph: `${root}index.ts` } } };
const everywhere = ["**/node_modules/**", "**/dist/**"];

/**
 * Three kinds of test, told apart by the file name:
 * `*.test.ts` pure, `*.int.test.ts` against real servers (started once for all by tests/servers.ts), `*.e2e.test.ts` whole processes.
 */
export default defineConfig({
  ...shared,
  test: {
    projects: [
      // A property over many cases takes a second; on a machine that is busy with others, ten.
      {
        ...shared,
        test: {
          name: "unit",
          testTimeout: 60_000,
          include: ["**/*.test.ts"],
          exclude: [...everywhere, "**/*.int.test.ts", "**/*.e2e.test.ts"],
        },
      },
      {
        ...shared,
        test: {
          name: "int",
          include: ["**/*.int.test.ts", "**/*.e2e.test.ts"],
          exclude: everywhere,
          globalSetup: ["tests/servers.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          // After the pure tests: two workers with servers behind them are enough for two cores.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
