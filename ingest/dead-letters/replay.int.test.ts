import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { administer } from "../../jetstream/administer.test-support.ts";
import { countDeadLetters, discardDeadLetters, listDeadLetters, readDeadLetter, verify } from "../index.ts";
import { someEvents } from "../ingest.test-support.ts";
import { problemsAfter, refusedEvents, replayPipeline, until, type ReplayPipeline } from "./replay.test-support.ts";

let pipeline: ReplayPipeline;

beforeEach(async () => {
  pipeline = await replayPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

async function command(sql: string): Promise<void> {
  await pipeline.clickhouse.command({ name: "Test", sql });
}

/** Publishes and ingests `good` events that go in and `bad` ones that are refused. */
async function withLetters(good: number, bad: number): Promise<void> {
  await pipeline.publish(someEvents(0, good));
  await pipeline.publish(refusedEvents(good, good + bad));
  await pipeline.ingest();
}

describe("a replay", () => {
  test("puts what decodes now into events and rollup, once, and tells why the rest stays", async () => {
    await withLetters(120, 30);
    await pipeline.publishRaw(["broken", "broken too"]);
    await pipeline.ingest();
    const before = await pipeline.replay({ dryRun: true });
    expect(await problemsAfter(pipeline, 120)).toEqual([]);
    const report = await pipeline.replay();
    expect(report).toEqual(before);
    expect(report).toMatchObject({ replayed: 30, eventRows: 30, settled: 0, fromLetter: 0, unreadable: 0 });
    expect(report.refused).toEqual([
      { stream: pipeline.stream, stage: "decode", reason: "invalid-json", detail: "the payload is no JSON", letters: 2, newest_seq: 152 },
    ]);
    expect(await problemsAfter(pipeline, 150)).toEqual([]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({
      ok: true,
      received: 152,
      inserted: 120,
      deadLettered: 32,
      openLetters: 2,
      replayedLetters: 30,
    });
    expect(await pipeline.replay()).toMatchObject({ replayed: 0, eventRows: 0 });
    expect(await pipeline.replay({ project: pipeline.other })).toMatchObject({ replayed: 0, eventRows: 0 });
    expect(await problemsAfter(pipeline, 150)).toEqual([]);
    expect(await pipeline.value("SELECT count() FROM dead_letters")).toBe("32");
  });

  test("changes nothing by the config that refused", async () => {
    await withLetters(5, 3);
    const report = await pipeline.replay({ project: pipeline.project });
    expect(report).toMatchObject({ replayed: 0, refused: [{ reason: "schema-mismatch", letters: 3, newest_seq: 8 }] });
    expect(await problemsAfter(pipeline, 5)).toEqual([]);
    expect(await pipeline.value("SELECT count() FROM dead_letter_resolutions")).toBe("0");
  });

  test("takes the letters that a filter names, and no others", async () => {
    await withLetters(2, 10);
    await pipeline.publishRaw(["broken"]);
    await pipeline.ingest();
    expect(await pipeline.replay({ filter: { reason: "invalid-json" } })).toMatchObject({ replayed: 0, refused: [{ letters: 1 }] });
    expect(await pipeline.replay({ filter: { stream: "OTHER" } })).toMatchObject({ replayed: 0, refused: [] });
    expect(await pipeline.replay({ filter: { seq: { from: 5, to: 7 } } })).toMatchObject({ replayed: 3 });
    expect(await pipeline.replay({ filter: { subject: `${pipeline.project.name}.*.nowhere` } })).toMatchObject({ replayed: 0 });
    expect(await pipeline.replay({ filter: { stage: "validate", since: 0, until: Date.now() * 1_000 + 60_000_000 } })).toMatchObject({
      replayed: 7,
    });
    expect(await problemsAfter(pipeline, 12)).toEqual([]);
  });

  test("adds the events that lack of a message whose others are in", async () => {
    const [one, two, three, four] = someEvents(0, 4);
    await pipeline.publishRaw([JSON.stringify([one, { ...two, data: { n: "2" } }, three, { specversion: "0.3" }, { ...four, data: {} }])]);
    await pipeline.ingest();
    expect(await problemsAfter(pipeline, 2)).toEqual([]);
    expect(await pipeline.replay()).toMatchObject({ replayed: 1, eventRows: 1, refused: [{ letters: 1 }, { letters: 1 }] });
    expect(await problemsAfter(pipeline, 3)).toEqual([]);
    const letters = await listDeadLetters(pipeline.clickhouse, { filter: { state: "any" }, limit: 10 });
    expect(letters.map(({ idx, state }) => [idx, state])).toEqual([
      [1, "replayed"],
      [3, "open"],
      [4, "open"],
    ]);
  });

  test("takes a message that was refused as a whole as a whole, or not at all", async () => {
    await pipeline.close();
    pipeline = await replayPipeline({ limits: { batchRows: 100, batchAge: "200ms", lease: "1s", maxPayload: 400 } });
    const array = [...someEvents(0, 5), ...refusedEvents(5, 6)];
    await pipeline.publishRaw([JSON.stringify(array)]);
    await pipeline.ingest();
    const limits = { ...pipeline.project.limits, maxPayload: 1_000_000 };
    const raised = { ...pipeline.project, limits };
    expect(await pipeline.replay({ project: raised })).toMatchObject({ replayed: 0, refused: [{ reason: "schema-mismatch", letters: 1 }] });
    expect(await problemsAfter(pipeline, 0)).toEqual([]);
    expect(await pipeline.replay({ project: { ...pipeline.mended, limits } })).toMatchObject({ replayed: 1, eventRows: 6 });
    expect(await problemsAfter(pipeline, 6)).toEqual([]);
    await command("ALTER TABLE events DELETE WHERE idx = 4 SETTINGS mutations_sync = 2");
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: false, missing: 1, doubled: 0, uncounted: 0 });
  });

  test("leaves what ClickHouse refuses as it was; its neighbours go in", async () => {
    await withLetters(3, 20);
    await command("ALTER TABLE events ADD CONSTRAINT known CHECK id NOT IN ('e7', 'e19')");
    expect(await pipeline.replay()).toMatchObject({ replayed: 18, refused: [{ reason: "rejected-by-clickhouse", letters: 2 }] });
    expect(await problemsAfter(pipeline, 21)).toEqual([]);
    await command("ALTER TABLE events DROP CONSTRAINT known");
    expect(await pipeline.replay({ project: pipeline.other })).toMatchObject({ replayed: 2, refused: [] });
    expect(await problemsAfter(pipeline, 23)).toEqual([]);
  });

  test("reads from the letter what the log no longer has, of an older incarnation of the stream too", async () => {
    await withLetters(4, 6);
    await administer(inject("natsUrl"), ({ streams }) => streams.deleteMessage(pipeline.stream, 6));
    expect(await pipeline.replay({ filter: { seq: { from: 5, to: 7 } } })).toMatchObject({ replayed: 3, fromLetter: 1 });
    await administer(inject("natsUrl"), ({ streams }) => streams.delete(pipeline.stream));
    await pipeline.jetstream.ensureStreams(pipeline.project.streams);
    await pipeline.publish(refusedEvents(10, 20));
    await pipeline.ingest();
    expect(await pipeline.replay()).toMatchObject({ replayed: 13, fromLetter: 3, unreadable: 0 });
    expect(await problemsAfter(pipeline, 20)).toEqual([]);
    expect(await pipeline.value("SELECT uniqExact(id) FROM events")).toBe("20");
  });

  test("goes on beside a worker, and two at once do not insert twice", async () => {
    await withLetters(10, 200);
    const worker = pipeline.start("a");
    const [one, two] = await Promise.all([
      pipeline.replay({ filter: { seq: { from: 1, to: 150 } }, worker: "one" }),
      pipeline.replay({ filter: { seq: { from: 50, to: 210 } }, worker: "two", project: pipeline.other }),
      pipeline.publish(someEvents(210, 600)),
    ]);
    await until(async () => (await pipeline.value("SELECT max(l.last) FROM ingest_ledger AS l")) === "600");
    worker.stop.abort();
    await worker.done;
    expect(one.replayed + two.replayed).toBe(200);
    expect(await problemsAfter(pipeline, 600)).toEqual([]);
  });

  test("leaves letters of a batch that is not in the ledger to the worker", async () => {
    await pipeline.publish([...someEvents(0, 20), ...refusedEvents(20, 30)]);
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    expect(await pipeline.value("SELECT count() FROM dead_letters")).toBe("10");
    expect(await pipeline.replay()).toMatchObject({ replayed: 0 });
    await pipeline.ingest();
    expect(await pipeline.replay()).toMatchObject({ replayed: 10 });
    expect(await problemsAfter(pipeline, 30)).toEqual([]);
  });

  test("is no part of a batch that is counted again as its ledger row is lost", async () => {
    await withLetters(150, 20);
    expect(await pipeline.replay()).toMatchObject({ replayed: 20 });
    await command("ALTER TABLE ingest_ledger DELETE WHERE first > 100 SETTINGS mutations_sync = 2");
    await pipeline.ingest();
    expect(await problemsAfter(pipeline, 170)).toEqual([]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, inserted: 150, deadLettered: 20 });
  });

  test("puts rows back that ClickHouse has lost", async () => {
    await withLetters(10, 20);
    await pipeline.replay();
    await command("ALTER TABLE events DELETE WHERE seq IN (15, 16) SETTINGS mutations_sync = 2");
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: false, missing: 2 });
    expect(await pipeline.replay()).toMatchObject({ replayed: 0 });
    expect(await pipeline.replay({ filter: { state: "replayed" } })).toMatchObject({ replayed: 2, eventRows: 2 });
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, missing: 0, doubled: 0 });
  });
});

describe("dead letters", () => {
  test("are counted by reason and listed newest first, by state", async () => {
    await withLetters(3, 4);
    await pipeline.publishRaw(["broken"]);
    await pipeline.ingest();
    expect(await countDeadLetters(pipeline.clickhouse, { filter: {}, limit: 10 })).toMatchObject([
      { stream: pipeline.stream, stage: "validate", reason: "schema-mismatch", state: "open", letters: 4, newest_seq: 7 },
      { stage: "decode", reason: "invalid-json", letters: 1, newest_seq: 8 },
    ]);
    const who = { clickhouse: pipeline.clickhouse, worker: "tester" };
    expect(await discardDeadLetters({ ...who, filter: { reason: "invalid-json" }, reason: "a probe" })).toBe(1);
    expect(await discardDeadLetters({ ...who, filter: { reason: "invalid-json" }, reason: "again" })).toBe(0);
    await pipeline.replay({ filter: { seq: { from: 4, to: 4 } } });
    const states = (await listDeadLetters(pipeline.clickhouse, { filter: { state: "any" }, limit: 10 })).map(({ seq, state }) => [
      seq,
      state,
    ]);
    expect(states).toEqual([
      [8, "discarded"],
      [7, "open"],
      [6, "open"],
      [5, "open"],
      [4, "replayed"],
    ]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({
      ok: true,
      deadLettered: 5,
      openLetters: 3,
      replayedLetters: 1,
      discardedLetters: 1,
    });
  });

  test("that were discarded are replayed where they are named", async () => {
    await withLetters(1, 2);
    await discardDeadLetters({ clickhouse: pipeline.clickhouse, worker: "tester", filter: {}, reason: "by mistake" });
    expect(await pipeline.replay()).toMatchObject({ replayed: 0, refused: [] });
    expect(await pipeline.replay({ filter: { state: "discarded" } })).toMatchObject({ replayed: 2 });
    expect(await problemsAfter(pipeline, 3)).toEqual([]);
  });

  test("are shown whole, with bytes that are no text", async () => {
    await pipeline.publishRaw([Buffer.from([0xff, 0x00, 0xfe])]);
    await pipeline.ingest();
    const shown = await readDeadLetter(pipeline.clickhouse, { stream: pipeline.stream, seq: 1 });
    expect(shown).toMatchObject({ seq: 1, letters: [{ reason: "invalid-utf8", state: "open" }] });
    expect(shown?.payload).toEqual(Buffer.from([0xff, 0x00, 0xfe]));
    expect(await readDeadLetter(pipeline.clickhouse, { stream: pipeline.stream, seq: 2 })).toBeUndefined();
  });
});
