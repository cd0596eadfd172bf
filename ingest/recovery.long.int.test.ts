import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { z } from "zod";
import { rollupTable } from "../clickhouse/index.ts";
import { administer } from "../jetstream/administer.test-support.ts";
import { count, defineEvent, defineMetric } from "../model/index.ts";
import { expectExactly, someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";
import { checkpointOf, deleteStream, until } from "./lane.test-support.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

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
  const { replace, value } = await checkpointOf(pipeline);
  await replace({ ...value, intent: { first: 101, last: 137, fingerprint: "old" }, owner: "dead", beat: value.beat + 1 });
  await pipeline.ingest();
  expect(await expectExactly(pipeline, 180)).toEqual([]);
  expect(await pipeline.value("SELECT count() FROM ingest_ledger WHERE first = 101 AND last = 137")).toBe("1");
});

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
  const { replace, value } = await checkpointOf(pipeline);
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
  const { replace, value } = await checkpointOf(pipeline);
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
  await until(pipeline, async () => (await pipeline.value("SELECT sum(received) FROM ingest_ledger")) === "350");
  for (const table of ["ingest_ledger", "events"]) await pipeline.clickhouse.command({ name: "Lose", sql: `TRUNCATE TABLE ${table}` });
  await until(pipeline, async () => (await pipeline.value("SELECT sum(received) FROM ingest_ledger")) === "350");
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

test("a table that refuses every row makes no dead letters: the lane waits, and goes on when it is mended", async () => {
  await pipeline.clickhouse.command({ name: "Constraint", sql: "ALTER TABLE events ADD CONSTRAINT broken CHECK seq = 0" });
  await pipeline.publish(someEvents(0, 90));
  const worker = pipeline.start("a");
  await until(pipeline, async () => Promise.resolve(pipeline.log.some((line) => line.includes("starts again"))));
  expect(await pipeline.value("SELECT count() FROM dead_letters")).toBe("0");
  await pipeline.clickhouse.command({ name: "Mend", sql: "ALTER TABLE events DROP CONSTRAINT broken" });
  await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "90");
  worker.stop.abort();
  await worker.done;
  expect(await expectExactly(pipeline, 90)).toEqual([]);
});
