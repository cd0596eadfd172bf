import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { createIngestMetrics, runIngest, verify } from "../index.ts";
import { someEvents } from "../ingest.test-support.ts";
import { checkContinuation, replayDatabaseExists } from "./replay-database.ts";
import { ROLLUP, silent, silentLogger, switchPipeline, until, type SwitchPipeline } from "./switch.test-support.ts";

let pipeline: SwitchPipeline;

function named(clickhouse: ClickHouse): Promise<unknown[]> {
  return clickhouse.rows({ name: "Names", sql: "SELECT name, watermark FROM saved_watermarks" });
}

beforeEach(async () => {
  pipeline = await switchPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

describe("a switch", () => {
  it("keeps out a worker that slept through it in the middle of a batch", async () => {
    await pipeline.publish(someEvents(0, 100));
    const { clickhouse, jetstream, project } = pipeline;
    let wake = silent;
    const awake = new Promise<void>((resolve) => (wake = resolve));
    let late: Promise<void> | undefined;
    const sleepy: ClickHouse = {
      ...clickhouse,
      insert: ({ signal: _signal, ...insert }) => {
        const sent = awake.then(() => clickhouse.insert(insert));
        late ??= sent;
        return sent;
      },
    };
    const stop = new AbortController();
    const metrics = createIngestMetrics();
    const sleeper = runIngest({
      project,
      jetstream,
      clickhouse: sleepy,
      worker: "sleepy",
      logger: silentLogger,
      metrics,
      signal: stop.signal,
    });
    await until(async () => Promise.resolve(late !== undefined));
    await pipeline.publish(someEvents(100, 150));
    await pipeline.switchOver();
    stop.abort();
    wake();
    await expect(late).rejects.toMatchObject({ code: 469 });
    await sleeper;
    await pipeline.publish(someEvents(150, 200));
    await pipeline.ingest();
    expect(await pipeline.books(clickhouse)).toEqual({ problems: [], events: "200", ids: "200", rollup: "200" });
  });

  it("leaves the names of watermarks where they are", async () => {
    await pipeline.publish(someEvents(0, 100));
    await pipeline.ingest();
    const sql = `INSERT INTO saved_watermarks SELECT 'monday', 1, false, map('SHOP', (7, 42)), now64(6)`;
    await pipeline.clickhouse.command({ name: "Save one", sql });
    const kept = [{ name: "monday", watermark: { SHOP: { epoch: "7", seq: "42" } } }];
    for (const _turn of ["there", "back"]) {
      await pipeline.switchOver();
      expect(await named(pipeline.clickhouse)).toEqual(kept);
      expect(await named(pipeline.into)).toEqual([]);
    }
  });

  it("does not give a whole database away for a part of it, unless forced", async () => {
    await pipeline.publish(someEvents(0, 300));
    await pipeline.ingest();
    await pipeline.catchUp(new Map([[pipeline.stream, { first: 201, last: 250 }]]));
    expect(await pipeline.books(pipeline.into)).toEqual({ problems: [], events: "50", ids: "50", rollup: "50" });
    const report = await verify({ clickhouse: pipeline.into });
    expect(report).toMatchObject({ ok: true, received: 50, deletedBeforeRead: 0, leftOut: 200 });
    await expect(pipeline.switchOver()).rejects.toThrow(/holds 100 messages of T\w+ where "t\w+" holds 300: [\s\S]* with --force\.$/);
    await pipeline.switchOver({ force: true });
    await pipeline.publish(someEvents(300, 320));
    await pipeline.ingest();
    expect(await pipeline.books(pipeline.clickhouse)).toEqual({ problems: [], events: "120", ids: "120", rollup: "120" });
    await pipeline.switchOver();
    expect(await pipeline.books(pipeline.clickhouse)).toEqual({ problems: [], events: "320", ids: "320", rollup: "320" });
  });

  it("lets a database that lost rows behind its fence be filled again", async () => {
    await pipeline.publish(someEvents(0, 200));
    await pipeline.ingest();
    await pipeline.switchOver();
    for (const table of ["events", "ingest_ledger", ROLLUP.name])
      await pipeline.clickhouse.command({ name: "Lose it", sql: `TRUNCATE TABLE ${table}` });
    await pipeline.ingest();
    expect(await pipeline.books(pipeline.clickhouse)).toEqual({ problems: [], events: "200", ids: "200", rollup: "200" });
    expect(pipeline.log.join("\n")).toContain("ClickHouse knows 200 sequences less");
  });
});

describe("the database of a replay", () => {
  it("is told from others, and goes on only as it was begun", async () => {
    const { clickhouse, project } = pipeline;
    expect(await replayDatabaseExists(pipeline.into, project)).toBe(true);
    await expect(replayDatabaseExists(clickhouse, project)).rejects.toThrow(/was not made by a replay of/);
    await pipeline.publish(someEvents(0, 30));
    await pipeline.catchUp(new Map([[pipeline.stream, { first: 11, last: 20 }]]));
    await checkContinuation(pipeline.into, project, new Map([[pipeline.stream, 11]]));
    await expect(checkContinuation(pipeline.into, project, new Map([[pipeline.stream, 5]]))).rejects.toThrow(
      /was begun at sequence 11, not 5/,
    );
    const other = { ...project, unknownEvents: "dead-letter" } as const;
    await expect(checkContinuation(pipeline.into, other, new Map())).rejects.toThrow(/was begun with another config/);
  });
});
