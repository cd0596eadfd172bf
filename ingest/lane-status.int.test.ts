import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { ClickHouseFailure, type ClickHouse } from "../clickhouse/index.ts";
import type { LaneValue } from "../jetstream/index.ts";
import { administer } from "../jetstream/administer.test-support.ts";
import { laneStatus, type LaneStatus } from "./index.ts";
import { someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

async function status(): Promise<LaneStatus | undefined> {
  return (await laneStatus(pipeline))[0];
}

describe("the status of a lane", () => {
  test("is unclaimed, with nothing behind, before and after a worker", async () => {
    const idle = { state: "unclaimed", reason: undefined, owner: undefined, beatSeconds: undefined, lagMessages: 0, lagSeconds: 0 };
    const nothing = { lastSeq: 0, committed: 0, checkpointed: undefined, rate: 0 };
    expect(await status()).toStrictEqual({ stream: pipeline.stream, ...idle, ...nothing });
    await pipeline.publish(someEvents(0, 5));
    expect(await status()).toMatchObject({ lastSeq: 5, committed: 0, lagMessages: 5, lagSeconds: expect.any(Number) });
    await pipeline.ingest();
    expect(await status()).toStrictEqual({ stream: pipeline.stream, ...idle, lastSeq: 5, committed: 5, checkpointed: 5, rate: 5 / 60 });
  });

  test("is claimed while the owner renews it, and stale once it has not for longer than the lease", async () => {
    const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
    await lanes.replace(pipeline.stream, { epoch: 0, generation: 1, committed: 0, owner: "w/1", beat: 1 }, undefined);
    const [claimed] = await laneStatus({
      ...pipeline,
      project: { ...pipeline.project, limits: { ...pipeline.project.limits, lease: "1h" } },
    });
    expect(claimed).toMatchObject({ state: "claimed", owner: "w/1" });
    expect(claimed?.beatSeconds).toBeLessThan(60);
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ state: "stale", owner: "w/1" });
    expect((await status())?.beatSeconds).toBeGreaterThan(1);
  });

  test("tells what its worker does, and why it waits, from the first moment on", async () => {
    const { done, stop } = pipeline.start("worker");
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ state: "running", reason: undefined });
    await pipeline.clickhouse.command({ name: "Take away", sql: "RENAME TABLE events TO elsewhere" });
    await pipeline.publish(someEvents(0, 5));
    const reason = 'Insert into events: ClickHouse answered UNKNOWN_TABLE (code 60): run "hydrograph migrate".';
    await expect
      .poll(status, { timeout: 20_000 })
      .toMatchObject({ state: "paused", reason, owner: expect.stringMatching(/^worker\//), committed: 0, lagMessages: 5 });
    await pipeline.clickhouse.command({ name: "Put back", sql: "RENAME TABLE elsewhere TO events" });
    await expect.poll(status, { timeout: 30_000 }).toMatchObject({ state: "running", reason: undefined, committed: 5 });
    stop.abort();
    await done;
    expect(await status()).toMatchObject({ state: "unclaimed", reason: undefined, owner: undefined });
  });

  test("tells why a worker cannot even begin, between its tries too", async () => {
    await pipeline.publish(someEvents(0, 5));
    const { done, stop } = pipeline.start("worker");
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ committed: 5 });
    stop.abort();
    await done;
    const blind: ClickHouse = {
      ...pipeline.clickhouse,
      rows: (statement) =>
        statement.name === "Ledger end"
          ? Promise.reject(new ClickHouseFailure("pause", "Ledger end: refused."))
          : pipeline.clickhouse.rows(statement),
    };
    const again = pipeline.start("again", blind);
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ state: "paused", reason: "Ledger end: refused.", owner: undefined });
    again.stop.abort();
    await again.done;
  });

  test("is paused while the stream ends before what was ingested, as after NATS was restored from an older copy", async () => {
    await pipeline.publish(someEvents(0, 5));
    await pipeline.ingest();
    const later = "INSERT INTO ingest_ledger SELECT * REPLACE (6 AS first, 10 AS last) FROM ingest_ledger LIMIT 1";
    await pipeline.clickhouse.command({ name: "Ingest what is lost", sql: later });
    const { done, stop } = pipeline.start("worker");
    const reason = expect.stringMatching(/ends at 5, but all up to 10 was ingested: it was restored from an older copy/) as string;
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ state: "paused", reason });
    await pipeline.publish(someEvents(5, 11));
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ state: "running", reason: undefined, committed: 11 });
    expect(await pipeline.value("SELECT groupArray(seq) FROM (SELECT seq FROM events ORDER BY seq)")).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
      "11",
    ]);
    stop.abort();
    await done;
  });

  test("says what it can without ClickHouse, and nothing for the rest", async () => {
    await pipeline.publish(someEvents(0, 5));
    const [lane] = await laneStatus({ ...pipeline, clickhouse: undefined });
    expect(lane).toMatchObject({ lastSeq: 5, committed: undefined, lagMessages: undefined, lagSeconds: undefined, rate: undefined });
  });

  test("outlives a report that makes no sense", async () => {
    const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
    const strange = { epoch: 0, generation: 1, committed: 0, owner: "w/1", beat: 1, report: "what?" } as unknown as LaneValue;
    await lanes.replace(pipeline.stream, strange, undefined);
    expect(await status()).toMatchObject({ state: "claimed", owner: "w/1", reason: undefined });
  });

  test("knows nothing of a stream that is not there", async () => {
    await administer(inject("natsUrl"), ({ streams }) => streams.delete(pipeline.stream));
    expect(await status()).toMatchObject({ state: "stream-missing", lastSeq: undefined, committed: undefined, lagMessages: undefined });
  });
});
