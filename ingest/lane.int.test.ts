import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { administer } from "../jetstream/administer.test-support.ts";
import { verify } from "./index.ts";
import { expectExactly, someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";
import { checkpointOf, deleteStream, until } from "./lane.test-support.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

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
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "50");
    await deleteStream(pipeline.stream);
    await sleep(300);
    await pipeline.jetstream.ensureStreams(pipeline.project.streams);
    await pipeline.publish(someEvents(50, 90));
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "90");
    worker.stop.abort();
    await worker.done;
    expect(await expectExactly(pipeline, 90)).toEqual([]);
  });
});

describe("recovery", () => {
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
});

describe("several workers", () => {
  test("one holds the lane, the other takes over when it stops", async () => {
    const first = pipeline.start("first");
    await pipeline.publish(someEvents(0, 100));
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "100");
    const second = pipeline.start("second");
    await pipeline.publish(someEvents(100, 200));
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "200");
    first.stop.abort();
    await first.done;
    await pipeline.publish(someEvents(200, 300));
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "300");
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
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "100");
    await sleep(400);
    for (let tries = 0; ; tries += 1) {
      const { revision, value } = await checkpointOf(pipeline);
      const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
      if ((await lanes.replace(pipeline.stream, { ...value, owner: "thief", beat: value.beat + 1 }, revision)) !== undefined) break;
      expect(tries).toBeLessThan(20);
    }
    await pipeline.publish(someEvents(100, 200));
    // The thief never renews, so the worker gets the lane back after the lease.
    await until(pipeline, async () => (await pipeline.value("SELECT count() FROM events")) === "200");
    worker.stop.abort();
    await worker.done;
    expect(pipeline.log.some((line) => line.includes("claimed by another worker"))).toBe(true);
    expect(await expectExactly(pipeline, 200)).toEqual([]);
  });
});
