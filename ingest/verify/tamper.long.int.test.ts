import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { administer } from "../../jetstream/administer.test-support.ts";
import { dyingAt, refusedEvents, replayPipeline, type ReplayPipeline } from "../dead-letters/replay.test-support.ts";
import { verify, type VerifyReport } from "../index.ts";
import { someEvents } from "../ingest.test-support.ts";
import { chainOf, encodeLedgerRow, LEDGER_COLUMNS, type LedgerRow } from "../ledger.ts";

let pipeline: ReplayPipeline;

/** Sequences 1–250 are events, 251–260 letters of which the first five are replayed, 261–300 events. */
beforeEach(async () => {
  pipeline = await replayPipeline();
  await pipeline.publish([...someEvents(0, 250), ...refusedEvents(250, 260), ...someEvents(260, 300)]);
  await pipeline.ingest();
  await pipeline.replay({ filter: { seq: { from: 251, to: 255 } } });
});

afterEach(async () => {
  await pipeline.close();
});

async function tamper(sql: string): Promise<void> {
  await pipeline.clickhouse.command({ name: "Tamper", sql });
}

async function remove(table: string, where: string): Promise<void> {
  await tamper(`ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`);
}

/** Adds a row of a table once more. */
async function double(table: string, where: string): Promise<void> {
  await tamper(`INSERT INTO ${table} SELECT * FROM (SELECT * FROM ${table} WHERE ${where}) SETTINGS insert_deduplicate = 0`);
}

function deep(range: { from?: number; to?: number } = {}): Promise<VerifyReport> {
  const { clickhouse, jetstream, project } = pipeline;
  return verify({ clickhouse, jetstream, project, deep: range });
}

/** Ledger rows as the worker wrote them. */
async function ledgerRows(): Promise<LedgerRow[]> {
  return pipeline.clickhouse.rows<LedgerRow>({
    name: "Ledger",
    sql: `SELECT * REPLACE (toUnixTimestamp64Micro(stored_from) AS stored_from, toUnixTimestamp64Micro(stored_to) AS stored_to,
                            toUnixTimestamp64Micro(inserted_at) AS inserted_at)
          FROM ingest_ledger ORDER BY first`,
    settings: { output_format_json_quote_64bit_integers: 0 },
  });
}

const NONE = { missing: 0, doubled: 0, uncounted: 0, changed: 0 };

describe("verify", () => {
  test("is content with what nobody touched, and with what replays added", async () => {
    const counts = { received: 300, inserted: 290, deadLettered: 10, openLetters: 5, replayedLetters: 5, discardedLetters: 0 };
    expect(await deep()).toMatchObject({ ok: true, ...NONE, ...counts, firstBad: null, log: { changed: 0, gone: 0, incomplete: 0 } });
    const { log } = await deep();
    expect(log?.agreed).toBe(Number(await pipeline.value("SELECT count() FROM ingest_ledger")));
  });

  test.each([
    ["an event is deleted", () => remove("events", "seq = 17"), { missing: 1 }, 17],
    ["an event is doubled", () => double("events", "seq = 17"), { doubled: 1 }, 17],
    ["a dead letter is deleted", () => remove("dead_letters", "seq = 258"), { missing: 1 }, 258],
    ["a dead letter is doubled", () => double("dead_letters", "seq = 258"), { doubled: 1 }, 258],
    ["a replayed event is deleted", () => remove("events", "seq = 252"), { missing: 1 }, 252],
    ["a replayed event is doubled", () => double("events", "seq = 252"), { doubled: 1 }, 252],
    ["a replayed letter is deleted", () => remove("dead_letters", "seq = 252"), { missing: 1, uncounted: 1 }, 252],
    [
      "the word that a letter was replayed is deleted",
      () => remove("dead_letter_resolutions", "seq = 252 AND resolution = 'replayed'"),
      { doubled: 1, uncounted: 1 },
      252,
    ],
    [
      "a letter is said to be replayed and is not",
      () =>
        tamper(
          `INSERT INTO dead_letter_resolutions SELECT * REPLACE (toUInt64(257) AS seq) FROM (SELECT * FROM dead_letter_resolutions WHERE seq = 252)`,
        ),
      { missing: 1 },
      257,
    ],
  ])("tells that %s", async (_what, harm, found, seq) => {
    await harm();
    const report = await deep();
    expect(report).toMatchObject({ ok: false, ...NONE, ...found, log: { changed: 0 } });
    const { epoch, first = 0, last = 0, problem, stream } = report.firstBad ?? {};
    expect(first <= seq && seq <= last).toBe(true);
    expect(problem).toMatch(new RegExp(`^stream ${stream} epoch ${epoch} sequences ${first}–${last}: 1 row `));
    expect(report.lanes[0]).toMatchObject({ ...NONE, ...found });
  });

  test.each([
    ["a digest", "digest = repeat('0', 64)", { changed: 1 }],
    ["a chain hash", "chain = repeat('0', 64)", { changed: 2 }],
    ["a count of rows", "event_rows = event_rows + 1", { missing: 1, changed: 1 }],
    ["a count of messages", "inserted = inserted - 1", { changed: 1 }],
  ])("tells that %s in the ledger was changed", async (_what, change, found) => {
    const [, row] = await ledgerRows();
    await tamper(`ALTER TABLE ingest_ledger UPDATE ${change} WHERE first = ${row?.first} SETTINGS mutations_sync = 2`);
    expect(await deep()).toMatchObject({ ok: false, ...NONE, ...found, firstBad: { first: row?.first, last: row?.last } });
  });

  test("tells that a row of the ledger was taken away, and which sequences it covered", async () => {
    const [, row] = await ledgerRows();
    await remove("ingest_ledger", `first = ${row?.first}`);
    expect(await deep()).toMatchObject({
      ok: false,
      ...NONE,
      changed: 1,
      uncounted: row?.received,
      firstBad: { first: row?.first, last: row?.last },
    });
  });

  test("tells that a row of the ledger was doubled", async () => {
    const [, row] = await ledgerRows();
    await double("ingest_ledger", `first = ${row?.first}`);
    expect(await deep()).toMatchObject({ ok: false, ...NONE, changed: 1, firstBad: { first: row?.first, last: row?.last } });
  });

  test("takes the rows of a replay under way for what they are", async () => {
    await expect(pipeline.replay({ through: dyingAt(pipeline, { at: "insert", when: "after" }) })).rejects.toThrow("The process is dead.");
    expect(await deep()).toMatchObject({ ok: true, ...NONE, openLetters: 5 });
    await remove("events", "seq = 259");
    expect(await deep()).toMatchObject({ ok: true, ...NONE });
  });
});

describe("verify --deep", () => {
  test("counts messages that were deleted since, and accuses nobody", async () => {
    await administer(inject("natsUrl"), async ({ streams }) => {
      for (const seq of [5, 6, 300]) await streams.deleteMessage(pipeline.stream, seq);
    });
    const report = await deep();
    expect(report).toMatchObject({ ok: true, changed: 0, log: { changed: 0, gone: 3, incomplete: 2 } });
    await administer(inject("natsUrl"), ({ streams }) => streams.purge(pipeline.stream));
    const batches = Number(await pipeline.value("SELECT count() FROM ingest_ledger"));
    expect(await deep()).toMatchObject({ ok: true, log: { agreed: 0, changed: 0, gone: 300, incomplete: batches } });
  });

  test("reads the batches that touch a range, and no others", async () => {
    const [, row] = await ledgerRows();
    const range = { from: row?.last ?? 0, to: (row?.last ?? 0) + 1 };
    expect(await deep(range)).toMatchObject({ ok: true, log: { agreed: 2, changed: 0, gone: 0, incomplete: 0 } });
  });

  test("finds other messages under the old numbers, even if ledger and tables are made to fit", async () => {
    await administer(inject("natsUrl"), ({ streams }) => streams.delete(pipeline.stream));
    await pipeline.jetstream.ensureStreams(pipeline.project.streams);
    const forged = someEvents(0, 300).map((event) => (event.id === "e120" ? { ...event, data: { n: 0 } } : event));
    await pipeline.publish([...forged.slice(0, 250), ...refusedEvents(250, 260), ...forged.slice(260)]);
    const epoch = (await pipeline.jetstream.streamState(pipeline.stream))?.epoch ?? 0;
    expect(await deep()).toMatchObject({ ok: true, log: { agreed: 0, gone: 300 } });
    // The forger gives all that the tables hold of the old stream the incarnation of the new one, and a chain that fits.
    const old = await ledgerRows();
    for (const table of ["events", "dead_letters", "dead_letter_resolutions"]) {
      await tamper(
        `INSERT INTO ${table} SELECT * REPLACE (toUInt64(${epoch}) AS epoch) FROM (SELECT * FROM ${table}) SETTINGS insert_deduplicate = 0`,
      );
      await remove(table, `epoch != ${epoch}`);
    }
    await tamper("TRUNCATE TABLE ingest_ledger");
    let chain = "";
    for (const row of old) {
      chain = chainOf(chain, { ...row, epoch });
      const body = encodeLedgerRow({ ...row, epoch, chain });
      await pipeline.clickhouse.insert({ table: "ingest_ledger", columns: LEDGER_COLUMNS, format: "JSONEachRow", body, token: chain });
    }
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true });
    const report = await deep();
    const batch = old.find(({ first, last }) => first <= 121 && 121 <= last);
    expect(report).toMatchObject({ ok: false, ...NONE, changed: 1, log: { changed: 1, agreed: old.length - 1, gone: 0 } });
    expect(report.firstBad).toMatchObject({ epoch, first: batch?.first, last: batch?.last });
    expect(report.firstBad?.problem).toContain("the messages in the log are not those that were read");
  });

  test("needs a connection to the log", async () => {
    await expect(verify({ clickhouse: pipeline.clickhouse, deep: {} })).rejects.toThrow(
      "The log can only be read with a connection to NATS",
    );
  });
});
