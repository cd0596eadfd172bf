import { describe, expect, it } from "vitest";
import { readEnvironment } from "./environment.ts";

describe("readEnvironment", () => {
  it("has defaults for where metrics are served, and nothing else", () => {
    expect(readEnvironment({})).toEqual({ metricsPort: 9464, host: "127.0.0.1" });
  });

  it("reads what is set and takes an empty variable as absent", () => {
    const variables = { HYDROGRAPH_NATS_URL: "nats://n:4222", HYDROGRAPH_CLICKHOUSE_USER: "", HYDROGRAPH_METRICS_PORT: "0" };
    expect(readEnvironment(variables)).toEqual({ natsUrl: "nats://n:4222", metricsPort: 0, host: "127.0.0.1" });
  });

  it.each(["http", "70000", "-1", "1.5"])("refuses %s as a port", (port) => {
    expect(() => readEnvironment({ HYDROGRAPH_METRICS_PORT: port })).toThrow(/HYDROGRAPH_METRICS_PORT must be a port/);
  });
});
