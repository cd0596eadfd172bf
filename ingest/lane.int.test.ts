import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { administer } from "../jetstream/administer.test-support.ts";
import { z } from "zod";
import { rollupTable } from "../clickhouse/index.ts";
import { count, defineEvent, defineMetric } from "../model/index.ts";
import type { LaneValue } from "../jetstream/index.ts";
import { verify } from "./index.ts";
import { expectExactly, someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

/** The checkpoint as it is stored, and a way to change it behind the worker's back. */
async function checkpoint(): Promise<{ value: LaneValue; revision: number; replace: (value: LaneValue) => Promise<void> }> {
  const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
  const entry = await lanes.read(pipeline.stream);
  if (!entry?.value) throw new Error("There is no checkpoint.");
  const { revision, value } = entry;
  return {
    value,
    revision,
    replace: async (next) => {
      expect(await lanes.replace(pipeline.stream, next, revision)).toBeDefined();
    },
  };
}

async function deleteStream(name: string): Promise<void> {
  await administer(inject("natsUrl"), ({ streams }) => streams.delete(name));
}

/** Waits until a question is answered with yes. */
async function until(question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await question()) return;
    await sleep(50);
  }
  throw new Error(`It never came true. The log: ${pipeline.log.join(" | ")}`);
}

describe("the lane in quiet times", () => {
  test("puts every event in once, and says so in the ledger", async () => {
    await pipeline.publish(someEvents(0, 1_050));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 1_050)).toEqual([]);
    const report = await verify({ clickhouse: pipeline.clickhouse });
    expect(report).toMatchObject({ ok: true, received: 1_050, inserted: 1_050, deadLettered: 0, missing: 0, doubled: 0, changed: 0 });
    expect(await pipeline.value("SELECT count() >= 11 FROM ingest_ledger")).toBe(1);
  });

  test("goes on where it stopped, however often it is started", async () => {
    for (let round = 0; round < 4; round += 1) {
      await pipeline.publish(someEvents(round * 130, (round + 1) * 130));
      await pipeline.ingest();
      await pipeline.ingest();
    }
    expect(await expectExactly(pipeline, 520)).toEqual([]);
  });

  test("sets bad messages aside with reason and bytes, and their neighbours go in", async () => {
    await pipeline.publish(someEvents(0, 5));
    await pipeline.publishRaw(["no json", Buffer.from([0xff, 0xfe]), "[]", '{"specversion":"1.0","id":"x","source":"s"}']);
    await pipeline.publish(someEvents(5, 10));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 10)).toEqual([]);
    const letters = await pipeline.clickhouse.rows({
      name: "Letters",
      sql: "SELECT seq, stage, reason, hex(payload) AS bytes FROM dead_letters ORDER BY seq",
    });
    expect(letters).toEqual([
      { seq: "6", stage: "decode", reason: "invalid-json", bytes: Buffer.from("no json").toString("hex").toUpperCase() },
      { seq: "7", stage: "decode", reason: "invalid-utf8", bytes: "FFFE" },
      { seq: "8", stage: "decode", reason: "empty-batch", bytes: "5B5D" },
      expect.objectContaining({ seq: "9", reason: "missing-attribute" }),
    ]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, received: 14, inserted: 10, deadLettered: 4 });
  });

  test("takes several events from one message, and counts a message with a bad one among them as inserted", async () => {
    const [first, second] = someEvents(0, 2);
    await pipeline.publishRaw([JSON.stringify([first, { specversion: "1.0" }, second])]);
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 2)).toEqual([]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, received: 1, inserted: 1, deadLettered: 0 });
    expect(await pipeline.value("SELECT groupArray(idx) FROM (SELECT idx FROM events ORDER BY idx)")).toEqual([0, 2]);
  });

  test("counts what the stream has lost before it was read", async () => {
    await pipeline.publish(someEvents(0, 300));
    await administer(inject("natsUrl"), async ({ streams }) => {
      for (const seq of [5, 6, 299, 300]) await streams.deleteMessage(pipeline.stream, seq);
    });
    await pipeline.ingest();
    const report = await verify({ clickhouse: pipeline.clickhouse });
    expect(report.ok).toBe(true);
    expect(report.lanes[0]).toMatchObject({ committed: 300, received: 296, deletedBeforeRead: 4 });
  });

  test("starts a recreated stream anew, beside what the old one held", async () => {
    await pipeline.publish(someEvents(0, 150));
    await pipeline.ingest();
    await deleteStream(pipeline.stream);
    await pipeline.jetstream.ensureStreams(pipeline.project.streams);
    await pipeline.publish(someEvents(150, 400));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 400)).toEqual([]);
    expect(await pipeline.value("SELECT uniqExact(epoch) FROM events")).toBe("2");
  });

  test("follows a stream that is deleted and recreated under it", async () => {
    const worker = pipeline.start("a");
    await pipeline.publish(someEvents(0, 50));
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "50");
    await deleteStream(pipeline.stream);
    await sleep(300);
    await pipeline.jetstream.ensureStreams(pipeline.project.streams);
    await pipeline.publish(someEvents(50, 90));
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "90");
    worker.stop.abort();
    await worker.done;
    expect(await expectExactly(pipeline, 90)).toEqual([]);
  });
});

describe("recovery", () => {
  test("a lost checkpoint makes nothing go in twice", async () => {
    await pipeline.publish(someEvents(0, 250));
    await pipeline.ingest();
    await deleteStream(`KV_hydrograph_${pipeline.project.name}`);
    await pipeline.publish(someEvents(250, 400));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 400)).toEqual([]);
  });

  test("a batch that was declared and not sent is sent", async () => {
    await pipeline.publish(someEvents(0, 100));
    await pipeline.ingest();
    await pipeline.publish(someEvents(100, 180));
    const { replace, value } = await checkpoint();
    await replace({ ...value, intent: { first: 101, last: 137, fingerprint: "old" }, owner: "dead", beat: value.beat + 1 });
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 180)).toEqual([]);
    expect(await pipeline.value("SELECT count() FROM ingest_ledger WHERE first = 101 AND last = 137")).toBe("1");
  });

  test.each(["events", "dead_letters", "ingest_ledger"])(
    "a worker that dies before its batch reaches %s leaves nothing lost or doubled",
    async (table) => {
      await pipeline.publish(someEvents(0, 60));
      await pipeline.publishRaw(["broken 1", "broken 2"]);
      await pipeline.ingest();
      await pipeline.publish(someEvents(60, 100));
      await pipeline.publishRaw(["broken 3"]);
      await pipeline.ingestUntilInsertInto(table);
      await pipeline.publish(someEvents(100, 130));
      await pipeline.ingest();
      expect(await pipeline.value("SELECT count() FROM dead_letters")).toBe("3");
      expect(await expectExactly(pipeline, 130)).toEqual([]);
    },
  );

  test("a batch that reached events and not the view behind it is completed in the view", async () => {
    const event = defineEvent({ type: "thing.happened", data: z.object({ n: z.int() }) });
    const metric = defineMetric({ name: "things", event, measure: count() });
    const withMetric = await testPipeline({ events: [event], metrics: [metric] });
    const rollup = rollupTable(metric);
    const view = String(
      await withMetric.value(
        `SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = '${rollup.viewName}'`,
      ),
    );
    await withMetric.publish(someEvents(0, 40));
    await withMetric.ingest();
    // ClickHouse dies between the two: as if the view had not been there for this one insert.
    await withMetric.clickhouse.command({ name: "Drop the view", sql: `DROP VIEW ${rollup.viewName} SYNC` });
    await withMetric.publish(someEvents(40, 70));
    await withMetric.ingestUntilInsertInto("ingest_ledger");
    await withMetric.clickhouse.command({ name: "Put the view back", sql: view });
    await withMetric.ingest();
    expect(await expectExactly(withMetric, 70)).toEqual([]);
    expect(await withMetric.value(`SELECT sum(count) FROM ${rollup.name}`)).toBe("70");
    await withMetric.close();
  });

  test.each([
    ["its ledger row", ["ingest_ledger"]],
    ["its dead letters and ledger row", ["ingest_ledger", "dead_letters"]],
    ["all of it", ["ingest_ledger", "dead_letters", "events"]],
  ])("the last batch: ClickHouse lost %s and still remembers the token", async (_what, tables) => {
    await pipeline.publish(someEvents(0, 60));
    await pipeline.publishRaw(["broken 1", "broken 2"]);
    await pipeline.ingest();
    await pipeline.publish(someEvents(60, 100));
    await pipeline.publishRaw(["broken 3"]);
    await pipeline.ingest();
    const first = Number(await pipeline.value("SELECT max(l.first) FROM ingest_ledger AS l"));
    const fingerprint = String(await pipeline.value("SELECT any(code) FROM ingest_ledger"));
    for (const table of tables) {
      const seq = table === "ingest_ledger" ? "first" : "seq";
      await pipeline.clickhouse.command({
        name: "Lose",
        sql: `ALTER TABLE ${table} DELETE WHERE ${seq} >= ${first} SETTINGS mutations_sync = 2`,
      });
    }
    const { replace, value } = await checkpoint();
    await replace({ ...value, committed: first - 1, intent: { first, last: 103, fingerprint }, beat: value.beat + 1 });
    await pipeline.publish(someEvents(100, 130));
    await pipeline.ingest();
    expect(await pipeline.value("SELECT count() FROM dead_letters")).toBe("3");
    expect(await expectExactly(pipeline, 130)).toEqual([]);
  });

  test("tables restored from different moments are filled up, not doubled", async () => {
    await pipeline.publish(someEvents(0, 400));
    await pipeline.ingest();
    await pipeline.clickhouse.command({
      name: "Lose",
      sql: "ALTER TABLE ingest_ledger DELETE WHERE first > 100 SETTINGS mutations_sync = 2",
    });
    await pipeline.clickhouse.command({
      name: "Lose",
      sql: "ALTER TABLE events DELETE WHERE seq BETWEEN 250 AND 260 SETTINGS mutations_sync = 2",
    });
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 400)).toEqual([]);
  });

  test("a batch whose messages left the stream before it was settled is counted from the tables", async () => {
    await pipeline.publish(someEvents(0, 90));
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    await administer(inject("natsUrl"), ({ streams }) => streams.purge(pipeline.stream));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 90)).toEqual([]);
    expect(await pipeline.value("SELECT stored_to > now() - 3600 AND received = 90 FROM ingest_ledger")).toBe(1);
  });

  test("a batch declared by other code is completed with what is not there", async () => {
    await pipeline.publish(someEvents(0, 90));
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    const { replace, value } = await checkpoint();
    if (!value.intent) throw new Error("Nothing is declared.");
    await replace({ ...value, intent: { ...value.intent, fingerprint: "other" }, beat: value.beat + 1 });
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 90)).toEqual([]);
  });

  test("what ClickHouse lost is noticed, said, and read again under a new generation", async () => {
    await pipeline.publish(someEvents(0, 350));
    await pipeline.ingest();
    for (const table of ["events", "ingest_ledger"]) {
      const seq = table === "events" ? "seq" : "first";
      await pipeline.clickhouse.command({
        name: "Lose",
        sql: `ALTER TABLE ${table} DELETE WHERE ${seq} > 100 SETTINGS mutations_sync = 2`,
      });
    }
    await pipeline.publish(someEvents(350, 420));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 420)).toEqual([]);
    expect(pipeline.log.some((line) => line.includes("250 sequences less"))).toBe(true);
    expect(await pipeline.value("SELECT max(generation) FROM ingest_ledger")).toBe(2);
  });

  test("a worker that has nothing to do notices what ClickHouse lost, and brings it back", async () => {
    await pipeline.publish(someEvents(0, 350));
    const worker = pipeline.start("a");
    await until(async () => (await pipeline.value("SELECT sum(received) FROM ingest_ledger")) === "350");
    for (const table of ["ingest_ledger", "events"]) await pipeline.clickhouse.command({ name: "Lose", sql: `TRUNCATE TABLE ${table}` });
    await until(async () => (await pipeline.value("SELECT sum(received) FROM ingest_ledger")) === "350");
    worker.stop.abort();
    await worker.done;
    expect(await expectExactly(pipeline, 350)).toEqual([]);
  });

  test("everything lost: migrate and ingest alone bring it back", async () => {
    await pipeline.publish(someEvents(0, 350));
    await pipeline.ingest();
    for (const table of ["events", "dead_letters", "ingest_ledger"]) {
      await pipeline.clickhouse.command({ name: "Lose", sql: `TRUNCATE TABLE ${table}` });
    }
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 350)).toEqual([]);
  });

  test("a row that ClickHouse refuses becomes a dead letter, its neighbours go in", async () => {
    await pipeline.clickhouse.command({
      name: "Constraint",
      sql: "ALTER TABLE events ADD CONSTRAINT known CHECK id NOT IN ('e17', 'e80')",
    });
    await pipeline.publish(someEvents(0, 120));
    await pipeline.ingest();
    expect(await expectExactly(pipeline, 118)).toEqual([]);
    const letters = await pipeline.clickhouse.rows({ name: "Letters", sql: "SELECT seq, stage, reason FROM dead_letters ORDER BY seq" });
    expect(letters).toEqual([
      { seq: "18", stage: "insert", reason: "rejected-by-clickhouse" },
      { seq: "81", stage: "insert", reason: "rejected-by-clickhouse" },
    ]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, inserted: 118, deadLettered: 2 });
  });

  test("a table that refuses every row makes no dead letters: the lane waits, and goes on when it is mended", async () => {
    await pipeline.clickhouse.command({ name: "Constraint", sql: "ALTER TABLE events ADD CONSTRAINT broken CHECK seq = 0" });
    await pipeline.publish(someEvents(0, 90));
    const worker = pipeline.start("a");
    await until(async () => Promise.resolve(pipeline.log.some((line) => line.includes("starts again"))));
    expect(await pipeline.value("SELECT count() FROM dead_letters")).toBe("0");
    await pipeline.clickhouse.command({ name: "Mend", sql: "ALTER TABLE events DROP CONSTRAINT broken" });
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "90");
    worker.stop.abort();
    await worker.done;
    expect(await expectExactly(pipeline, 90)).toEqual([]);
  });
});

describe("several workers", () => {
  test("one holds the lane, the other takes over when it stops", async () => {
    const first = pipeline.start("first");
    await pipeline.publish(someEvents(0, 100));
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "100");
    const second = pipeline.start("second");
    await pipeline.publish(someEvents(100, 200));
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "200");
    first.stop.abort();
    await first.done;
    await pipeline.publish(someEvents(200, 300));
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "300");
    second.stop.abort();
    await second.done;
    expect(await expectExactly(pipeline, 300)).toEqual([]);
    expect(
      await pipeline.value(
        "SELECT groupUniqArray(worker) = ['first', 'second'] OR groupUniqArray(worker) = ['second', 'first'] FROM ingest_ledger",
      ),
    ).toBe(1);
  });

  test("a worker whose claim was taken drops what it has in hand", async () => {
    const worker = pipeline.start("robbed");
    await pipeline.publish(someEvents(0, 100));
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "100");
    await sleep(400);
    for (let tries = 0; ; tries += 1) {
      const { revision, value } = await checkpoint();
      const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
      if ((await lanes.replace(pipeline.stream, { ...value, owner: "thief", beat: value.beat + 1 }, revision)) !== undefined) break;
      expect(tries).toBeLessThan(20);
    }
    await pipeline.publish(someEvents(100, 200));
    // The thief never renews, so the worker gets the lane back after the lease.
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === "200");
    worker.stop.abort();
    await worker.done;
    expect(pipeline.log.some((line) => line.includes("claimed by another worker"))).toBe(true);
    expect(await expectExactly(pipeline, 200)).toEqual([]);
  });
});
