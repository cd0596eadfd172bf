import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const shared = { resolve: { alias: { hydrograph: `${root}index.ts` } } };
/** A config that a test loads is imported by Node, as the command does it, and not by the test runner. */
const server = { deps: { external: [/\/hydrograph-config-\w+\/config\.mjs$/] } };
const everywhere = ["**/node_modules/**", "**/dist/**"];
/** Files of tests share what they import with those that their worker ran before: loading it anew for each takes as long again as the tests themselves. No module keeps what a test could trip over. */
const isolate = false;
/** Tests with servers. */
const withServers = {
  server,
  isolate,
  globalSetup: ["tests/servers.ts"],
  // Longer than the two minutes that a test waits for one condition: its sentence says more than a timeout.
  testTimeout: 240_000,
  hookTimeout: 120_000,
  // Whoever asks the servers twenty times a second whether something has happened keeps it from happening.
  expect: { poll: { interval: 200 } },
};

/**
 * Kinds of test, told apart by the file name:
 * `*.test.ts` pure, `*.int.test.ts` against real servers (started once for all by tests/servers.ts), `*.e2e.test.ts` whole processes, `*.fault.test.ts` whole processes that are done harm.
 * `npm test` leaves out the `*.long.*.test.ts` of each kind, and tries few crash points and a few cases of each fault. `npm run test:long` runs what is long and no fault, and so does CI;
 * `npm run test:faults` runs every fault in earnest, and whole processes and real data at length.
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
          server,
          isolate,
          testTimeout: 60_000,
          // Unless told otherwise vitest leaves one core idle, and of two takes one.
          maxWorkers: availableParallelism(),
          include: ["**/*.test.ts"],
          exclude: [...everywhere, "**/*.int.test.ts", "**/*.e2e.test.ts", "**/*.fault.test.ts"],
        },
      },
      {
        ...shared,
        test: {
          name: "int",
          include: ["**/*.int.test.ts", "**/*.e2e.test.ts", "**/*.fault.test.ts"],
          exclude: [...everywhere, "**/*.long.*.test.ts"],
          provide: { crashPoints: 20, thorough: false },
          ...withServers,
          // They wait for leases, backoffs and processes most of the time: four share two cores well.
          maxWorkers: 4,
          // After the pure tests.
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          name: "long",
          include: ["**/*.long.int.test.ts", "**/*.long.e2e.test.ts"],
          exclude: everywhere,
          provide: { crashPoints: 20, thorough: false },
          ...withServers,
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...shared,
        test: {
          name: "faults",
          include: ["**/*.fault.test.ts", "**/*.long.e2e.test.ts", "tests/real-data.e2e.test.ts", "tests/real-features.long.int.test.ts"],
          exclude: everywhere,
          provide: { crashPoints: 200, thorough: true },
          ...withServers,
          // Each kills and starts processes all the time.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
