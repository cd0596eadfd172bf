import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { administer } from "../../jetstream/administer.test-support.ts";
import type { LogMessage } from "../../jetstream/index.ts";
import { oracleDuplicates } from "../../tests/oracles/duplicates.ts";
import { ledgerViolations, type Books, type PublishedEvent, type PublishedMessage } from "../../tests/oracles/ledger.ts";
import { randomFrom } from "../../tests/support/random.ts";
import { verify } from "../index.ts";
import { testPipeline, type TestPipeline } from "../ingest.test-support.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
/** Of publishing, and of a worker that may die; more with DEDUPLICATE_ROUNDS. */
const ROUNDS = Number(process.env["DEDUPLICATE_ROUNDS"] ?? 6);
let pipeline: TestPipeline;
let opened: TestPipeline[] = [];

async function open(options: Parameters<typeof testPipeline>[0]): Promise<TestPipeline> {
  const made = await testPipeline(options);
  opened.push(made);
  return made;
}

beforeEach(async () => {
  opened = [];
  pipeline = await open({ deduplicate: { within: "1h" } });
});

afterEach(async () => {
  for (const each of opened) await each.close();
});

function event(id: string, source = "test"): PublishedEvent & { readonly specversion: string } {
  return { specversion: "1.0", id, source, type: "thing.happened", data: { id } };
}

/** Publishes a message for each list of events. */
async function publish(...messages: readonly (readonly unknown[])[]): Promise<void> {
  await pipeline.publishRaw(messages.map((events) => JSON.stringify(events.length === 1 ? events[0] : events)));
}

async function readLog(): Promise<LogMessage[]> {
  const { jetstream, stream } = pipeline;
  const state = await jetstream.streamState(stream);
  if (!state) throw new Error("There is no stream.");
  const log: LogMessage[] = [];
  const signal = new AbortController().signal;
  await jetstream.readRange({
    stream,
    epoch: state.epoch,
    first: 1,
    last: state.lastSeq,
    onMessage: (message) => log.push({ ...message, payload: Buffer.from(message.payload) }),
    signal,
  });
  return log;
}

/** What the log holds and must become, by the oracle; anything that is no event can only be a dead letter. */
async function readPublished(lane: { stream: string; epoch: number }, withinMs: number): Promise<PublishedMessage[]> {
  const log = (await readLog()).map((message) => {
    const content = JSON.parse(message.payload.toString("utf8")) as PublishedEvent | (PublishedEvent | number)[];
    return { ...message, events: Array.isArray(content) ? content : [content] };
  });
  const sound = log.flatMap(({ events, storedAt }) => events.flatMap((each) => (typeof each === "number" ? [] : [{ ...each, storedAt }])));
  const verdicts = oracleDuplicates(sound, withinMs).values();
  return log.map(({ events, payload, seq }) => ({
    ...lane,
    seq,
    bytes: payload.length,
    events: events.map((each): PublishedEvent => {
      if (typeof each === "number") return { id: "", source: "", type: "", expect: "dead-letter" };
      return { ...each, expect: verdicts.next().value === true ? "duplicate" : "row" };
    }),
  }));
}

async function readBooks(of: TestPipeline, withinMs: number): Promise<Books> {
  const rows = <Row>(sql: string): Promise<Row[]> =>
    of.clickhouse.rows<Row>({ name: "Books", sql, settings: { output_format_json_quote_64bit_integers: 0 } });
  const [lane] = await rows<{ stream: string; epoch: number }>("SELECT DISTINCT stream, epoch FROM ingest_ledger");
  if (!lane) throw new Error("The ledger is empty.");
  return {
    published: await readPublished(lane, withinMs),
    events: await rows("SELECT stream, epoch, seq, idx, id, source, type, data FROM events ORDER BY seq, idx"),
    deadLetters: await rows("SELECT stream, epoch, seq, idx FROM dead_letters ORDER BY seq, idx"),
    ledger: await rows("SELECT * FROM ingest_ledger ORDER BY first"),
  };
}

async function ids(of = pipeline): Promise<unknown> {
  return of.value("SELECT groupArray((seq, idx, id)) FROM (SELECT toUInt32(seq) AS seq, idx, id FROM events ORDER BY seq, idx)");
}

async function report({ clickhouse, jetstream, project } = pipeline): Promise<object> {
  const { deadLettered, duplicates, inserted, ok, received } = await verify({ clickhouse, jetstream, project });

  return { ok, received, inserted, deadLettered, duplicates };
}

describe("a log with duplicates", () => {
  test("keeps the first of each key, counts the others, and says so in the ledger", async () => {
    await publish([event("a")], [event("a")], [event("a", "other")], [event("b"), event("a")], [event("a"), 7], [event("b"), event("b")]);
    await pipeline.ingest();
    expect(await ids()).toEqual([
      [1, 0, "a"],
      [3, 0, "a"],
      [4, 0, "b"],
    ]);
    expect(await report()).toStrictEqual({ ok: true, received: 6, inserted: 3, deadLettered: 1, duplicates: 2 });
    expect(ledgerViolations(await readBooks(pipeline, 3_600_000))).toEqual([]);
  });

  test("keeps every event unless told otherwise", async () => {
    const plain = await open({ streams: pipeline.project.streams });
    await publish([event("a")], [event("a")]);
    await plain.ingest();
    expect(await report(plain)).toStrictEqual({ ok: true, received: 2, inserted: 2, deadLettered: 0, duplicates: 0 });
  });

  test(`is told apart as the oracle does, with workers that die on the way, and again from the beginning (SEED=${seed})`, async () => {
    const withinMs = 900;
    const random = randomFrom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const killed = await open({
      streams: pipeline.project.streams,
      deduplicate: { within: `${withinMs}ms` },
      limits: { batchRows: 20, lease: "1s" },
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      const messages = Array.from({ length: 60 }, () =>
        Array.from({ length: pick([1, 1, 2, 3]) }, () => (random() < 0.05 ? 7 : event(`e${Math.floor(random() * 60)}`, pick(["s", "t"])))),
      );
      await publish(...messages);
      if (random() < 0.6) await killed.ingestUntilInsertInto(pick(["events", "ingest_ledger"]));
      else await killed.ingest();
      await sleep(random() * 400);
    }
    await killed.ingest();
    const books = await readBooks(killed, withinMs);
    expect(ledgerViolations(books)).toEqual([]);
    const duplicates = books.ledger.reduce((sum, row) => sum + row.duplicates, 0);
    expect(duplicates).toBeGreaterThan(0);
    expect(books.events.length).toBeGreaterThan(12 * ROUNDS);
    expect(await report(killed)).toMatchObject({ ok: true, duplicates });

    const replayed = await open({ streams: pipeline.project.streams, deduplicate: { within: `${withinMs}ms` } });
    await replayed.ingest();
    expect((await readBooks(replayed, withinMs)).events).toEqual(books.events);
    expect(await report(replayed)).toStrictEqual(await report(killed));
  });
});

describe("a worker that starts again", () => {
  test("knows the keys of the worker before it, however many ranges and messages they lie in, and says so", async () => {
    const keys = Array.from({ length: 700 }, (_, n) => event(`${"x".repeat(n % 300)}${n}`));
    await publish(...keys.map((key) => [key]));
    await pipeline.ingest();
    await publish(...keys.map((key) => [key]));
    await pipeline.ingest();
    expect(await report()).toStrictEqual({ ok: true, received: 1_400, inserted: 700, deadLettered: 0, duplicates: 700 });
    expect(pipeline.log).toContain(`the deduplication window of ${pipeline.stream} holds 700 keys`);
  });

  test.each(["events", "ingest_ledger"])("counts the duplicates of a batch that did not reach %s", async (table) => {
    await publish([event("a")], [event("b")]);
    await pipeline.ingest();
    await publish([event("a")], [event("c")], [event("c")]);
    await pipeline.ingestUntilInsertInto(table);
    await publish([event("b")], [event("c")]);
    await pipeline.ingest();
    expect(await report()).toStrictEqual({ ok: true, received: 7, inserted: 3, deadLettered: 0, duplicates: 4 });
    expect(ledgerViolations(await readBooks(pipeline, 3_600_000))).toEqual([]);
  });

  test("counts a batch of nothing but duplicates that was declared and not committed", async () => {
    await publish([event("a")]);
    await pipeline.ingest();
    await publish([event("a")], [event("a")]);
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    await pipeline.ingest();
    expect(await report()).toStrictEqual({ ok: true, received: 3, inserted: 1, deadLettered: 0, duplicates: 2 });
    expect(
      await pipeline.value("SELECT stored_from > now() - 3600 AND stored_to >= stored_from FROM ingest_ledger WHERE duplicates = 2"),
    ).toBe(1);
  });

  test("goes by what is there where code that kept duplicates declared the batch", async () => {
    const plain = await open({ streams: pipeline.project.streams });
    await publish([event("a")], [event("a")], [event("b")]);
    await plain.ingestUntilInsertInto("ingest_ledger");
    await publish([event("a")], [event("b")], [event("c")]);
    await plain.ingest({ deduplicate: { within: "1h" } });
    expect(await report(plain)).toStrictEqual({ ok: true, received: 6, inserted: 4, deadLettered: 0, duplicates: 2 });
  });

  test("knows the keys of a settled batch whose messages have left the stream", async () => {
    await publish([event("a")], [event("b")]);
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    await administer(inject("natsUrl"), ({ streams }) => streams.purge(pipeline.stream));
    await publish([event("b")], [event("c")], [event("a")]);
    await pipeline.ingest();
    expect(await report()).toStrictEqual({ ok: true, received: 5, inserted: 3, deadLettered: 0, duplicates: 2 });
  });

  test("counts the key of an event that ClickHouse refuses, before and after a start", async () => {
    await pipeline.clickhouse.command({ name: "Constraint", sql: "ALTER TABLE events ADD CONSTRAINT known CHECK id != 'refused'" });
    await publish([event("a")], [event("refused")], [event("refused")], [event("b")]);
    await pipeline.ingest();
    await publish([event("refused")], [event("b")], [event("c")]);
    await pipeline.ingest();
    expect(await report()).toStrictEqual({ ok: true, received: 7, inserted: 3, deadLettered: 1, duplicates: 3 });
  });
});
