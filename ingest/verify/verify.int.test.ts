import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { administer } from "../../jetstream/administer.test-support.ts";
import { verify, type VerifyReport } from "../index.ts";
import { someEvents, testPipeline, type TestPipeline } from "../ingest.test-support.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
  await pipeline.publish(someEvents(0, 350));
  await pipeline.publishRaw(["broken"]);
  await pipeline.ingest();
});

afterEach(async () => {
  await pipeline.close();
});

/** The report without and with the checkpoints. */
async function both(): Promise<[VerifyReport, VerifyReport]> {
  const { clickhouse, jetstream, project } = pipeline;
  return [await verify({ clickhouse }), await verify({ clickhouse, jetstream, project })];
}

async function command(sql: string): Promise<void> {
  await pipeline.clickhouse.command({ name: "Tamper", sql });
}

/** Copies the rows of `events` where a condition holds, with some columns replaced. */
async function copyEvents(where: string, replaced: string): Promise<void> {
  await command(
    `INSERT INTO events SELECT * REPLACE (${replaced}) FROM (SELECT * FROM events WHERE ${where}) AS e SETTINGS insert_deduplicate = 0`,
  );
}

describe("verify", () => {
  test("finds nothing wrong with an untouched pipeline", async () => {
    const [alone, compared] = await both();
    expect(alone).toMatchObject({ ok: true, compared: false, received: 351, inserted: 350, deadLettered: 1, pending: 0, uncounted: 0 });
    expect(compared).toStrictEqual({ ...alone, compared: true });
  });

  test("is not content with a ledger that is empty beside full tables", async () => {
    await command("TRUNCATE TABLE ingest_ledger");
    for (const report of await both()) {
      expect(report).toMatchObject({ ok: false, uncounted: 351, lanes: [{ stream: pipeline.stream, committed: 0 }] });
      expect(report.lanes[0]?.problems).toHaveLength(1);
    }
  });

  test("misses the last rows of the ledger, by the checkpoint", async () => {
    await command("ALTER TABLE ingest_ledger DELETE WHERE first > 200 SETTINGS mutations_sync = 2");
    const [alone, compared] = await both();
    expect(alone).toMatchObject({ ok: true, pending: Number(await pipeline.value("SELECT count() FROM events WHERE seq > 200")) + 1 });
    expect(compared).toMatchObject({ ok: false, pending: 0, uncounted: alone.pending });
    expect(compared.lanes[0]?.problems[0]).toContain("rows of the ledger are lost");
  });

  test("knows from the checkpoint that there was a lane of which ClickHouse has nothing left", async () => {
    for (const table of ["events", "dead_letters", "ingest_ledger"]) await command(`TRUNCATE TABLE ${table}`);
    const [alone, compared] = await both();
    expect(alone).toMatchObject({ ok: true, lanes: [] });
    expect(compared).toMatchObject({ ok: false, lanes: [{ stream: pipeline.stream, committed: 0 }] });
  });

  test("finds rows that stand twice, are gone, or were never in the log", async () => {
    await copyEvents("seq = 5", "seq AS seq");
    await copyEvents("seq = 6", "toUInt32(1) AS idx");
    await command("ALTER TABLE events DELETE WHERE seq IN (150, 151) SETTINGS mutations_sync = 2");
    for (const report of await both()) expect(report).toMatchObject({ ok: false, doubled: 1, missing: 2, uncounted: 1 });
  });

  test("finds rows of sequences that no batch covers", async () => {
    await command("ALTER TABLE ingest_ledger DELETE WHERE first BETWEEN 50 AND 150 SETTINGS mutations_sync = 2");
    const gone = 351 - Number(await pipeline.value("SELECT sum(received) FROM ingest_ledger"));
    expect(gone).toBeGreaterThan(0);
    for (const report of await both()) expect(report).toMatchObject({ ok: false, missing: 0, doubled: 0, changed: 1, uncounted: gone });
  });

  test("finds rows of an older incarnation that no batch covers", async () => {
    await administer(inject("natsUrl"), ({ streams }) => streams.delete(pipeline.stream));
    await pipeline.jetstream.ensureStreams(pipeline.project.streams);
    await pipeline.publish(someEvents(400, 450));
    await pipeline.ingest();
    const [epoch] = await pipeline.clickhouse.rows<{ epoch: string }>({ name: "First", sql: "SELECT min(epoch) AS epoch FROM events" });
    expect((await both()).map(({ ok }) => ok)).toStrictEqual([true, true]);
    await copyEvents(`epoch = ${epoch?.epoch} AND seq = 5`, "toUInt64(1000) AS seq");
    for (const report of await both()) expect(report).toMatchObject({ ok: false, uncounted: 1, pending: 0 });
  });

  test("takes the rows of a batch under way for what they are, and no others", async () => {
    await pipeline.publish(someEvents(350, 380));
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    for (const report of await both()) expect(report).toMatchObject({ ok: true, pending: 30, uncounted: 0 });
    await copyEvents("seq = 5", "toUInt64(1000) AS seq");
    expect((await both())[1]).toMatchObject({ ok: false, pending: 0, uncounted: 31 });
  });

  test("walks a ledger of several pages", async () => {
    const rows = await pipeline.value("SELECT count() FROM ingest_ledger");
    await command("TRUNCATE TABLE ingest_ledger");
    await command(
      `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, inserted, event_rows)
       WITH (SELECT max(epoch) FROM events) AS lane SELECT '${pipeline.stream}', lane, 1, number + 1, number + 1, 1, 1, 1 FROM numbers(9000)`,
    );
    let shares = 0;
    const report = await verify({ clickhouse: pipeline.clickhouse, onProgress: () => (shares += 1) });
    expect(Number(rows)).toBeGreaterThan(3);
    expect(report).toMatchObject({ received: 9_000, changed: 9_000, missing: 9_000 - 350, doubled: 0, uncounted: 1 });
    expect(shares).toBe(5);
    expect(report.lanes[0]?.problems).toHaveLength(10);
  });

  test("is content while a worker is at work", async () => {
    const worker = pipeline.start("a");
    const reports: VerifyReport[] = [];
    for (let round = 0; round < 8; round += 1) {
      await pipeline.publish(someEvents(1_000 + round * 300, 1_300 + round * 300));
      reports.push(...(await both()));
    }
    worker.stop.abort();
    await worker.done;
    expect(reports.flatMap(({ lanes }) => lanes.flatMap(({ problems }) => problems))).toStrictEqual([]);
  });
});
