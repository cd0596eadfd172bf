import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { count, defineEvent, defineMetric } from "../../model/index.ts";
import { createIngestMetrics, runIngest, verify } from "../index.ts";
import { someEvents, testPipeline, type TestPipeline } from "../ingest.test-support.ts";
import { checkContinuation, replayDatabaseExists } from "./replay-database.ts";
import { nextDatabase, SILENT_LOGGER, type NextDatabase, type Switching } from "./switch.test-support.ts";

const happened = defineEvent({ type: "thing.happened", data: z.object({ n: z.number() }) });
const things = defineMetric({ name: "things", event: happened, measure: count() });

const silent = (): void => undefined;

let pipeline: TestPipeline;
let next: NextDatabase;

beforeEach(async () => {
  pipeline = await testPipeline({ events: [happened], metrics: [things] });
  next = await nextDatabase(pipeline);
});

afterEach(async () => {
  await next.close();
  await pipeline.close();
});

/** A process that dies at its `moment`th change of anything: the change does not happen, or its answer is never heard; after it nothing does. */
function dyingAt(moment: number, isDone: boolean): { servers: Switching; hasDied: () => boolean } {
  let changes = 0;
  const change = async <Answer>(action: () => Promise<Answer>): Promise<Answer> => {
    changes += 1;
    if (changes === moment && isDone) await action();
    if (changes >= moment) throw new Error("The process is dead.");
    return action();
  };
  const dying = (clickhouse: ClickHouse): ClickHouse => ({
    ...clickhouse,
    command: (statement) => change(() => clickhouse.command(statement)),
    insert: (insert) => change(() => clickhouse.insert(insert)),
  });
  const jetstream: JetStream = {
    ...pipeline.jetstream,
    lanes: async (database) => {
      const lanes = await pipeline.jetstream.lanes(database);
      return { ...lanes, replace: (lane, value, revision) => change(() => lanes.replace(lane, value, revision)) };
    },
  };
  return { servers: { live: dying(pipeline.clickhouse), other: dying(next.into), jetstream }, hasDied: () => changes >= moment };
}

async function until(question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await question()) return;
    await sleep(100);
  }
  throw new Error("It never came true within a minute.");
}

/** What a database says of itself: its proof, its events, and its rollup. */
async function books(clickhouse: ClickHouse): Promise<unknown> {
  const { jetstream, project } = pipeline;
  const report = await verify({ clickhouse, project, jetstream });
  const [counts] = await clickhouse.rows({
    name: "Counts",
    sql: `SELECT count() AS events, uniqExact(id) AS ids, (SELECT sum(${rollupTable(things).measure.states[0]?.name}) FROM ${rollupTable(things).name}) AS rollup FROM events`,
  });
  return { problems: report.lanes.flatMap(({ problems }) => problems), ...(counts as object) };
}

describe("a switch", () => {
  it("lets databases change places under workers and a producer, and back", async () => {
    await pipeline.publish(someEvents(0, 500));
    const worker = pipeline.start("live");
    await next.catchUp();
    for (let round = 0; round < 4; round += 1) {
      const publishing = pipeline.publish(someEvents(500 + round * 500, 1_000 + round * 500));
      await next.switchOver();
      await publishing;
    }
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "2500");
    worker.stop.abort();
    await worker.done;
    expect(await books(pipeline.clickhouse)).toEqual({ problems: [], events: "2500", ids: "2500", rollup: "2500" });
  });

  it("killed at any moment is finished by the next, and workers insert nothing in between", { timeout: 300_000 }, async () => {
    let published = 0;
    const publish = async (): Promise<void> => {
      await pipeline.publish(someEvents(published, published + 150));
      published += 150;
    };
    await publish();
    const worker = pipeline.start("live");
    let moments = 0;
    for (let alive = false; !alive; moments += 1) {
      const { hasDied, servers } = dyingAt(moments + 1, moments % 2 === 0);
      await publish();
      const ending = await next.switchOver(servers).then(
        () => "ended",
        () => "died",
      );
      expect(ending).toBe(hasDied() ? "died" : "ended");
      alive = !hasDied();
      await publish();
      if (!alive) await next.switchOver();
    }
    expect(moments).toBeGreaterThan(10);
    const expected = String(published);
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === expected);
    worker.stop.abort();
    await worker.done;
    const all = { problems: [], events: expected, ids: expected, rollup: expected };
    expect(await books(pipeline.clickhouse)).toEqual(all);
    await next.catchUp();
    expect(await books(next.into)).toEqual(all);
  });

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
      logger: SILENT_LOGGER,
      metrics,
      signal: stop.signal,
    });
    await until(async () => Promise.resolve(late !== undefined));
    await pipeline.publish(someEvents(100, 150));
    await next.switchOver();
    stop.abort();
    wake();
    await expect(late).rejects.toMatchObject({ code: 469 });
    await sleeper;
    await pipeline.publish(someEvents(150, 200));
    await pipeline.ingest();
    expect(await books(clickhouse)).toEqual({ problems: [], events: "200", ids: "200", rollup: "200" });
  });

  it("does not give a whole database away for a part of it, unless forced", async () => {
    await pipeline.publish(someEvents(0, 300));
    await pipeline.ingest();
    await next.catchUp(new Map([[pipeline.stream, { first: 201, last: 250 }]]));
    expect(await books(next.into)).toEqual({ problems: [], events: "50", ids: "50", rollup: "50" });
    const report = await verify({ clickhouse: next.into });
    expect(report).toMatchObject({ ok: true, received: 50, deletedBeforeRead: 0, leftOut: 200 });
    await expect(next.switchOver()).rejects.toThrow(/holds 100 messages of T\w+ where "t\w+" holds 300: [\s\S]* with --force\.$/);
    await next.switchOver({ force: true });
    await pipeline.publish(someEvents(300, 320));
    await pipeline.ingest();
    expect(await books(pipeline.clickhouse)).toEqual({ problems: [], events: "120", ids: "120", rollup: "120" });
    await next.switchOver();
    expect(await books(pipeline.clickhouse)).toEqual({ problems: [], events: "320", ids: "320", rollup: "320" });
  });

  it("lets a database that lost rows behind its fence be filled again", async () => {
    await pipeline.publish(someEvents(0, 200));
    await pipeline.ingest();
    await next.switchOver();
    for (const table of ["events", "ingest_ledger", rollupTable(things).name])
      await pipeline.clickhouse.command({ name: "Lose it", sql: `TRUNCATE TABLE ${table}` });
    await pipeline.ingest();
    expect(await books(pipeline.clickhouse)).toEqual({ problems: [], events: "200", ids: "200", rollup: "200" });
    expect(pipeline.log.join("\n")).toContain("ClickHouse knows 200 sequences less");
  });
});

describe("the database of a replay", () => {
  it("is told from others, and goes on only as it was begun", async () => {
    const { clickhouse, project } = pipeline;
    expect(await replayDatabaseExists(next.into, project)).toBe(true);
    await expect(replayDatabaseExists(clickhouse, project)).rejects.toThrow(/was not made by a replay of/);
    await pipeline.publish(someEvents(0, 30));
    await next.catchUp(new Map([[pipeline.stream, { first: 11, last: 20 }]]));
    await checkContinuation(next.into, project, new Map([[pipeline.stream, 11]]));
    await expect(checkContinuation(next.into, project, new Map([[pipeline.stream, 5]]))).rejects.toThrow(/was begun at sequence 11, not 5/);
    const other = { ...project, unknownEvents: "dead-letter" } as const;
    await expect(checkContinuation(next.into, other, new Map())).rejects.toThrow(/was begun with another config/);
  });
});
