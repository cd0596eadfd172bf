import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClickHouseFailure, type ClickHouse } from "../clickhouse/index.ts";
import { someEvents, testPipeline, type TestPipeline } from "../ingest/ingest.test-support.ts";
import type { JetStream } from "../jetstream/index.ts";
import { untilCommitted } from "./caught-up.ts";

let pipeline: TestPipeline;
let asked = 0;

beforeEach(async () => {
  asked = 0;
  pipeline = await testPipeline();
  await pipeline.publish(someEvents(0, 50));
});

afterEach(async () => {
  await pipeline.close();
});

/** ClickHouse as it is, but for the questions (counted from 1) that fail. */
function clickhouseFailing(failureOf: (question: number) => Error | undefined): ClickHouse {
  return {
    ...pipeline.clickhouse,
    rows: (statement) => {
      asked += 1;
      const failure = failureOf(asked);
      return failure ? Promise.reject(failure) : pipeline.clickhouse.rows(statement);
    },
  };
}

describe("waiting until all is committed", () => {
  test("outlasts failures that pass, of the very first look too, and of either server", async () => {
    const natsError = Object.assign(new Error("TIMEOUT"), { name: "NatsError", code: "TIMEOUT" });
    let looks = 0;
    const jetstream: JetStream = {
      ...pipeline.jetstream,
      streamState: (name) => {
        looks += 1;
        return looks === 2 ? Promise.reject(new Error("no word", { cause: natsError })) : pipeline.jetstream.streamState(name);
      },
    };
    const clickhouse = clickhouseFailing((question) => {
      if (question === 1) return new ClickHouseFailure("retry", "away");
      if (question === 2) return new ClickHouseFailure("slow-down", "busy");
      return question === 3 ? new ClickHouseFailure("pause", "no such table") : undefined;
    });
    const waiting = untilCommitted({ project: pipeline.project, jetstream, clickhouse }, new AbortController().signal);
    await pipeline.ingest();
    await waiting;
    expect(asked).toBeGreaterThan(3);
    expect(await pipeline.value("SELECT max(last) FROM ingest_ledger")).toBe("50");
  });

  test("fails at what no waiting cures", async () => {
    const options = { project: pipeline.project, jetstream: pipeline.jetstream };
    const { signal } = new AbortController();
    for (const failure of [
      new ClickHouseFailure("bad-statement", "wrong"),
      new TypeError("wrong"),
      Object.assign(new Error("CONNECTION_CLOSED"), { name: "NatsError", code: "CONNECTION_CLOSED" }),
    ])
      await expect(untilCommitted({ ...options, clickhouse: clickhouseFailing(() => failure) }, signal)).rejects.toBe(failure);
  });

  test("ends with the signal, also while ClickHouse does not answer", async () => {
    const stop = new AbortController();
    const clickhouse: ClickHouse = { ...pipeline.clickhouse, rows: () => new Promise(() => {}) };
    const waiting = untilCommitted({ project: pipeline.project, jetstream: pipeline.jetstream, clickhouse }, stop.signal);
    stop.abort();
    await waiting;
  });
});
