import { beforeAll, describe, expect, it } from "vitest";
import { BASE_TABLES } from "../../clickhouse/index.ts";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { NO_FIELDS, refuse, type DecodedEvent, type JsonObject } from "../decode/outcome.ts";
import { spanOf } from "../decode/span.ts";
import { JsonTape } from "../json/json-tape.ts";
import { RowSet } from "./row-set.ts";
import { addDeadLetter, DEAD_LETTER_COLUMNS, EVENT_COLUMNS, writeEvent } from "./rows.ts";
import { logMessage } from "./log-message.test-support.ts";

const held = useDatabase();
const LANE = { stream: "SHOP-Größe_1", epoch: Number.MAX_SAFE_INTEGER };
const LAST_MICROSECOND = Date.UTC(2201, 0, 1) * 1_000 - 1;

beforeAll(async () => {
  for (const { create, name } of BASE_TABLES) await held.clickhouse.command({ name, sql: create });
});

function json(text: string): JsonObject {
  const tape = new JsonTape();
  expect(tape.read(Buffer.from(text), 100)).toBeUndefined();
  return { tape, place: 0 };
}

/** Texts about the lengths where the varint grows a byte, and of every width of UTF-8. */
const TEXTS = [
  "",
  "a",
  "é€😀",
  "x".repeat(42),
  "x".repeat(43),
  "é".repeat(64),
  "x".repeat(127),
  "x".repeat(128),
  "€".repeat(5_461),
  "x".repeat(16_384),
];

describe("rows of events", () => {
  it("read back as they were written, at every extreme", async () => {
    const events = TEXTS.map((text, index): { seq: number; storedAt: number; event: DecodedEvent } => ({
      seq: index === 0 ? Number.MAX_SAFE_INTEGER : index,
      storedAt: Date.UTC(2026, 10, 27) * 1_000 + index,
      event: {
        idx: index === 1 ? 4_294_967_295 : index,
        time: index % 2 === 0 ? 0 : LAST_MICROSECOND,
        knownAt: index,
        id: spanOf(text),
        type: spanOf(`type ${text}`),
        source: spanOf(text),
        subject: spanOf(text),
        version: index === 2 ? 65_535 : index,
        data: json(JSON.stringify({ text })),
        enriched: index === 0 ? json('{"basket":{"size":"large"},"_revisions":{"customer":7}}') : NO_FIELDS,
      },
    }));
    const rows = new RowSet();
    for (const { event, seq, storedAt } of events) {
      writeEvent(rows.writer, LANE, logMessage({ seq, storedAt }), event);
      rows.endRow(seq, event.idx);
    }
    await held.clickhouse.insert({
      table: "events",
      columns: EVENT_COLUMNS,
      format: "RowBinary",
      body: rows.slice(0, rows.rows),
      token: "rows",
    });
    const read = await held.clickhouse.rows<Record<string, string | number>>({
      name: "Events",
      sql: `SELECT stream, epoch, seq, idx, toUnixTimestamp64Micro(stored_at) AS storedAt, toUnixTimestamp64Micro(known_at) AS knownAt,
                   toUnixTimestamp64Micro(time) AS at, id, type, source, subject, version, data.text.:String AS text, toJSONString(enriched) AS enriched
            FROM events ORDER BY stored_at`,
    });
    const expected = events.map(({ event, seq, storedAt }, index) => ({
      stream: LANE.stream,
      epoch: String(LANE.epoch),
      seq: String(seq),
      idx: event.idx,
      storedAt: String(storedAt),
      knownAt: String(event.knownAt),
      at: String(event.time),
      id: TEXTS[index],
      type: `type ${TEXTS[index]}`,
      source: TEXTS[index],
      subject: TEXTS[index],
      version: event.version,
      text: TEXTS[index],
      enriched: index === 0 ? '{"_revisions":{"customer":"7"},"basket":{"size":"large"}}' : "{}",
    }));
    expect(read).toStrictEqual(expected);
  });

  it("keep what data says: digits of 64-bit integers, texts that look like something else, white space around it", async () => {
    const data = [
      ' {"n": 9007199254740993} ',
      '{"n": 18446744073709551615}',
      '{"n": -9223372036854775808}',
      '{"n": 19.99}',
      '{"n": -0.0}',
      '{"n": "2026-11-27"}',
      '{"n": "2026-11-27 09:30:00"}',
      '{"n": "2026-11-27T09:30:00Z"}',
      '{"n": "12"}',
      '{"n": "nan"}',
      '{"n": "\\u0000"}',
      '{"n": true}',
      '{"n": ["2026-11-27", "x"]}',
      '{"n": [9007199254740993, -1]}',
    ];
    const rows = new RowSet();
    const texts = { id: spanOf("1"), type: spanOf("exact"), source: spanOf("/"), subject: spanOf("") };
    const event = { time: 0, knownAt: 0, ...texts, version: 0 };
    for (const [idx, text] of data.entries()) {
      writeEvent(rows.writer, LANE, logMessage(), { ...event, idx, data: json(text), enriched: NO_FIELDS });
      rows.endRow(1, idx);
    }
    const body = rows.slice(0, rows.rows);
    await held.clickhouse.insert({ table: "events", columns: EVENT_COLUMNS, format: "RowBinary", body, token: "exact" });
    const read = await held.clickhouse.rows<{ kind: string; text: string }>({
      name: "Data",
      sql: "SELECT dynamicType(data.n) AS kind, toString(data.n) AS text FROM events WHERE type = 'exact' ORDER BY idx",
    });
    expect(read.map(({ kind, text }) => `${kind} ${text}`)).toStrictEqual([
      "Int64 9007199254740993",
      "UInt64 18446744073709551615",
      "Int64 -9223372036854775808",
      "Float64 19.99",
      "Float64 -0",
      "String 2026-11-27",
      "String 2026-11-27 09:30:00",
      "String 2026-11-27T09:30:00Z",
      "String 12",
      "String nan",
      "String \0",
      "Bool true",
      "Array(Nullable(String)) ['2026-11-27','x']",
      "Array(Nullable(Int64)) [9007199254740993,-1]",
    ]);
  });
});

describe("rows of dead letters", () => {
  it("keep the bytes, whatever they are, and the headers", async () => {
    const payload = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const headerBytes = Buffer.from("NATS/1.0\r\nA: 1\r\nce-id: é: x\r\nA: 2\r\nempty:\r\n\r\n");
    const rows = new RowSet();
    const message = logMessage({ payload, headerBytes, subject: "a.größe" });
    addDeadLetter(rows, LANE, message, refuse(0, "invalid-utf8", "the payload is no valid UTF-8"), "code");
    addDeadLetter(rows, LANE, message, refuse(1, "invalid-time", "x"), "code");
    addDeadLetter(rows, LANE, logMessage({ seq: 2, payload: Buffer.alloc(0) }), refuse(0, "invalid-json", "x"), "code");
    const body = rows.slice(0, rows.rows);
    await held.clickhouse.insert({ table: "dead_letters", columns: DEAD_LETTER_COLUMNS, format: "RowBinary", body, token: "dead" });
    const read = await held.clickhouse.rows({
      name: "Dead letters",
      sql: `SELECT seq, idx, nats_subject, headers, stage, reason, hex(SHA256(payload)) AS sha, length(payload) AS size, code FROM dead_letters ORDER BY seq, idx`,
    });
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", payload))
      .toString("hex")
      .toUpperCase();
    expect(read).toMatchObject([
      {
        seq: "1",
        idx: 0,
        nats_subject: "a.größe",
        headers: { a: "2", "ce-id": "é: x", empty: "" },
        size: "70000",
        sha: digest,
        stage: "decode",
      },
      { seq: "1", idx: 1, headers: {}, size: "0", reason: "invalid-time" },
      { seq: "2", idx: 0, headers: {}, size: "0", code: "code" },
    ]);
  });
});
