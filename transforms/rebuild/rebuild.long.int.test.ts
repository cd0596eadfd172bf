import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { rollupTable, type BinaryInsert, type ClickHouse, type Statement } from "../../clickhouse/index.ts";
import { createIngestMetrics, runIngest, type Logger } from "../../ingest/index.ts";
import { refusedEvents, replayPipeline } from "../../ingest/dead-letters/replay.test-support.ts";
import { someEvents } from "../../ingest/ingest.test-support.ts";
import { atEachGrain } from "../../model/index.ts";
import { applyPlan, leaveToRawEvents, migrationPlan, unfinishedRebuilds } from "../index.ts";
import { metrics, rebuildBenches, things, total } from "./rebuild.test-support.ts";

/** How many of the moments at which a rebuild can die are tried; all of them with HYDROGRAPH_TEST_DEATHS=1000. */
const DEATHS = Number(process.env["HYDROGRAPH_TEST_DEATHS"] ?? 4);

const say = (): void => undefined;
const logger: Logger = { debug: say, info: say, warn: say, error: say };

const bench = rebuildBenches();

/**
 * Whether a sum is 0 + 1 + 2 …, as the events of the log have it, each once, up to one between two places. An answer may go beyond its watermark, with a batch that is not committed yet: of such a batch
 * the events are seen some milliseconds before the rollup's row, or after it (2 of 300 looks), so two answers are no measure of each other.
 */
function isSumOfFirst(whole: number, { atLeast, atMost }: { readonly atLeast: number; readonly atMost: number }): boolean {
  const events = (1 + Math.sqrt(1 + 8 * whole)) / 2;
  return Number.isInteger(events) && events >= atLeast && events <= atMost;
}

/** A connection of a process that dies at its n-th statement: before it is sent, or when it is in and nobody has heard. */
function dying(clickhouse: ClickHouse, at: number, isSent: boolean): ClickHouse {
  let calls = 0;
  let isDead = false;
  const mortal =
    <Result>(run: (statement: Statement) => Promise<Result>) =>
    async (statement: Statement): Promise<Result> => {
      calls += 1;
      if (isDead || calls < at) return isDead ? Promise.reject(new Error("dead")) : run(statement);
      isDead = true;
      if (isSent) await run(statement);
      throw new Error("dead");
    };
  return {
    ...clickhouse,
    rows: async <Row>(statement: Statement) => mortal<Row[]>((sent) => clickhouse.rows<Row>(sent))(statement),
    command: mortal((statement) => clickhouse.command(statement)),
  };
}

describe("a rebuild", () => {
  it("fills what came before the metric, for every kind of measure, and new events go on coming by the view", async () => {
    const { answer, expectEqual, migrate, pipeline, rebuild } = bench();
    await pipeline.publish(someEvents(0, 1_000));
    await pipeline.ingest();
    await migrate();
    for (const metric of metrics.flatMap(atEachGrain)) {
      // By what is there already: the events, or the finer rollups.
      expect((await answer(metric.name, "auto", metric.grain)).table).not.toBe(rollupTable(metric).name);
      expect(await rebuild(metric)).toEqual({ rollup: rollupTable(metric).name, complete: true, events: 1_000, read: 1_000 });
    }
    await expectEqual();
    await pipeline.publish(someEvents(1_000, 1_300));
    await pipeline.ingest();
    await expectEqual();
    expect(await rebuild(things)).toMatchObject({ complete: true, read: 0 });
    expect(await unfinishedRebuilds(pipeline.clickhouse)).toEqual([]);
    expect(
      await pipeline.value("SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'rebuild_')"),
    ).toBe("0");
  });

  it("gives no wrong number at any moment while events come in, and trends ask", async () => {
    const { answer, expectEqual, migrate, pipeline, rebuild } = bench();
    await pipeline.publish(someEvents(0, 1_000));
    await pipeline.ingest();
    await migrate();
    const { done, stop } = pipeline.start("live");
    const over = new AbortController();
    const wrong: string[] = [];
    let published = 1_000;
    const publisher = (async () => {
      while (!over.signal.aborted) {
        await pipeline.publish(someEvents(published, (published += 40)));
        await sleep(80);
      }
    })();
    const tables = new Set<string>();
    const reader = (async () => {
      while (!over.signal.aborted) {
        const { covered, kind, table, whole } = await answer("total", "auto");
        tables.add(table);
        await sleep(20);
        if (!isSumOfFirst(whole, { atLeast: covered, atMost: published })) wrong.push(`${kind} ${whole} of ${covered} to ${published}`);
      }
    })();
    try {
      for (const metric of atEachGrain(total)) {
        await rebuild(metric);
        await expect.poll(() => [...tables], { timeout: 20_000 }).toContain(rollupTable(metric).name);
      }
      await sleep(500);
    } finally {
      over.abort();
      await Promise.all([publisher, reader]);
      stop.abort();
      await done;
    }
    await pipeline.ingest();
    expect(wrong).toEqual([]);
    expect([...tables]).toEqual(["events", ...atEachGrain(total).map((metric) => rollupTable(metric).name)]);
    await expectEqual([total]);
  });

  it("is exact wherever it dies, in a rollup or between two, and goes on", async () => {
    const { expectEqual, migrate, pipeline, rebuildEach } = bench();
    await pipeline.publish(someEvents(0, 1_000));
    await pipeline.ingest();
    await migrate();
    const { clickhouse } = pipeline;
    let next = 1_000;
    let statements = 0;
    const counting = {
      ...clickhouse,
      rows: ((statement) => ((statements += 1), clickhouse.rows(statement))) as ClickHouse["rows"],
      command: ((statement) => ((statements += 1), clickhouse.command(statement))) as ClickHouse["command"],
    };
    await rebuildEach(total, { clickhouse: counting });
    const step = Math.max(1, Math.floor((statements * 2) / DEATHS));
    for (let death = 1; death <= statements * 2; death += step) {
      for (const metric of atEachGrain(total)) await leaveToRawEvents(clickhouse, metric);
      const connection = dying(clickhouse, Math.ceil(death / 2), death % 2 === 0);
      await rebuildEach(total, { clickhouse: connection }).catch((error: unknown) => expect(String(error)).toContain("dead"));
      await pipeline.publish(someEvents(next, (next += 120)));
      await pipeline.ingest();
      await rebuildEach(total);
      await expectEqual([total]);
    }
  });

  it("keeps out a worker that slept through the fence in the middle of a batch", async () => {
    const { expectEqual, migrate, pipeline, rebuild } = bench();
    await pipeline.publish(someEvents(0, 300));
    await pipeline.ingest();
    await migrate();
    const { clickhouse, jetstream } = pipeline;
    const stop = new AbortController();
    let asleep: BinaryInsert | undefined;
    const sleepy: ClickHouse = {
      ...clickhouse,
      insert: ({ signal: _signal, ...insert }) => {
        asleep ??= insert;
        stop.abort();
        return Promise.reject(new Error("It sleeps."));
      },
    };
    await pipeline.publish(someEvents(300, 350));
    await runIngest({
      project: pipeline.project,
      jetstream,
      clickhouse: sleepy,
      worker: "sleepy",
      logger,
      metrics: createIngestMetrics(),
      signal: stop.signal,
    });
    await pipeline.ingest();
    await rebuild(things);
    expect(asleep?.table).toBe("events");
    await clickhouse.insert(asleep!);
    await pipeline.publish(someEvents(350, 400));
    await pipeline.ingest();
    expect(await pipeline.value("SELECT count() FROM events")).toBe("400");
    await expectEqual([things]);
  });

  it("takes dead letters that are replayed while it fills, and after", async () => {
    const { rebuild } = bench();
    const letters = await replayPipeline({ metrics: [] });
    try {
      const project = { ...letters.project, metrics: [things] };
      const { clickhouse, jetstream } = letters;
      await letters.publish([...someEvents(0, 400), ...refusedEvents(400, 410), ...someEvents(410, 600), ...refusedEvents(600, 605)]);
      await letters.ingest();
      await applyPlan(await migrationPlan(project, clickhouse), clickhouse, { workers: { project, jetstream } });
      const stop = new AbortController();
      const through = { clickhouse, workers: { project, jetstream } };
      expect((await rebuild(things, { ...through, signal: stop.signal, onProgress: () => stop.abort() })).complete).toBe(false);
      const first = await letters.value("SELECT min(seq) FROM dead_letters");
      await letters.replay({ filter: { seq: { from: Number(first), to: Number(first) } } });
      expect((await rebuild(things, through)).complete).toBe(true);
      await letters.replay();
      const counted = await letters.value(`SELECT sum(count) FROM ${rollupTable(things).name}`);
      expect([counted, await letters.value("SELECT count() FROM events")]).toEqual(["605", "605"]);
    } finally {
      await letters.close();
    }
  });

  it("begins again when a batch comes in between what was declared and the view, which passed it by", async () => {
    const { expectEqual, migrate, pipeline, rebuild } = bench();
    await pipeline.publish(someEvents(0, 300));
    await pipeline.ingest();
    await migrate();
    const { clickhouse } = pipeline;
    let views = 0;
    const crossed: ClickHouse = {
      ...clickhouse,
      command: async (statement) => {
        const isView = statement.sql.startsWith("CREATE MATERIALIZED VIEW");
        if (isView) views += 1;
        if (isView && views < 3) {
          await pipeline.publish(someEvents(300 * views, 300 * views + 50));
          await pipeline.ingest();
        }
        await clickhouse.command(statement);
      },
    };
    await rebuild(things, { clickhouse: crossed });
    // The second fence has a margin of four times what came in; nothing comes up to it, so the third stands where the stream ends.
    expect(views).toBe(3);
    await expectEqual([things]);
  });
});
