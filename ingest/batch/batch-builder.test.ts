import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../model/index.ts";
import { createDecoder } from "../decode/decode-message.ts";
import { KeyWindow } from "../deduplicate/key-window.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { cloudEvent, logMessage } from "./log-message.test-support.ts";

const MIDNIGHT = Date.UTC(2026, 11, 1) * 1_000;
const decode = createDecoder({ events: [], unknownEvents: "accept", limits: DEFAULT_LIMITS });

function builder(limits: { rows?: number; bytes?: number } = {}): BatchBuilder {
  const made = new BatchBuilder({ stream: "SHOP", epoch: 1 }, decode, { rows: 1_000, bytes: 1_000_000, ...limits }, "code");
  made.start(1);
  return made;
}

describe("BatchBuilder", () => {
  it("counts messages, rows and reasons", () => {
    const batch = builder();
    batch.add(logMessage({ seq: 1, payload: cloudEvent("a") }));
    batch.add(logMessage({ seq: 2, payload: Buffer.from("junk") }));
    batch.add(logMessage({ seq: 3, payload: Buffer.from(`[${cloudEvent("b").toString()},7,${cloudEvent("c").toString()},8]`) }));
    batch.add(logMessage({ seq: 5, payload: Buffer.from("[1,2]"), storedAt: MIDNIGHT - 1 }));
    const { received, inserted, deadLettered, bytes, events, deadLetters, reasons, first, last, storedFrom, storedTo } = batch.finish();
    expect({ received, inserted, deadLettered, first, last, events: events.rows, deadLetters: deadLetters.rows }).toStrictEqual({
      received: 4,
      inserted: 2,
      deadLettered: 2,
      first: 1,
      last: 5,
      events: 3,
      deadLetters: 5,
    });
    expect(bytes).toBe(3 * cloudEvent("a").length + "junk".length + "[,7,,8]".length + "[1,2]".length);
    expect([...reasons]).toStrictEqual([
      ["invalid-json", 1],
      ["not-a-cloudevent", 4],
    ]);
    expect([storedFrom, storedTo]).toStrictEqual([logMessage().storedAt, MIDNIGHT - 1]);
    expect([0, 1, 2].map((row) => events.keyOf(row))).toStrictEqual([
      { seq: 1, idx: 0 },
      { seq: 3, idx: 0 },
      { seq: 3, idx: 2 },
    ]);
    expect([0, 1, 2, 3, 4].map((row) => deadLetters.keyOf(row))).toStrictEqual([
      { seq: 2, idx: 0 },
      { seq: 3, idx: 1 },
      { seq: 3, idx: 3 },
      { seq: 5, idx: 0 },
      { seq: 5, idx: 1 },
    ]);
  });

  it("leaves duplicates out, within a message and from batch to batch, and counts the messages of nothing else", () => {
    const batch = new BatchBuilder(
      { stream: "SHOP", epoch: 1 },
      decode,
      { rows: 1_000, bytes: 1_000_000 },
      "code",
      new KeyWindow(1_000, 1),
    );
    batch.start(1);
    const [a, b, c] = ["a", "b", "c"].map((id) => cloudEvent(id).toString());
    const add = (seq: number, payload: string): void => batch.add(logMessage({ seq, payload: Buffer.from(payload) }));
    add(1, `[${a},${a}]`);
    add(2, `[${a},${b}]`);
    add(3, `[${a},7]`);
    add(4, `[${b},${a}]`);
    add(5, "7");
    const { duplicateEvents, duplicates, deadLettered, events, inserted, received } = batch.finish();
    expect({ received, inserted, deadLettered, duplicates, duplicateEvents }).toStrictEqual({
      received: 5,
      inserted: 2,
      deadLettered: 2,
      duplicates: [4],
      duplicateEvents: 5,
    });
    expect([0, 1].map((row) => events.keyOf(row))).toStrictEqual([
      { seq: 1, idx: 0 },
      { seq: 2, idx: 1 },
    ]);
    batch.start(6);
    add(6, b ?? "");
    add(7, c ?? "");
    expect(batch.finish()).toMatchObject({ received: 2, inserted: 1, duplicates: [6], duplicateEvents: 1 });
  });

  it("accepts the month (UTC) of its first message and no other, as the partitions are", () => {
    const batch = builder();
    expect(batch.accepts(logMessage({ storedAt: MIDNIGHT }))).toBe(true);
    batch.add(logMessage({ seq: 1, storedAt: MIDNIGHT - 1 }));
    expect(batch.accepts(logMessage({ storedAt: Date.UTC(2026, 10, 1) * 1_000 }))).toBe(true);
    expect(batch.accepts(logMessage({ storedAt: Date.UTC(2026, 10, 1) * 1_000 - 1 }))).toBe(false);
    expect(batch.accepts(logMessage({ storedAt: MIDNIGHT }))).toBe(false);
    expect(batch.accepts(logMessage({ storedAt: Date.UTC(2027, 10, 15) * 1_000 }))).toBe(false);
    batch.start(2);
    expect(batch.accepts(logMessage({ storedAt: MIDNIGHT }))).toBe(true);
  });

  it("is full at its rows, dead letters among them, or at its bytes", () => {
    const byRows = builder({ rows: 2 });
    byRows.add(logMessage({ seq: 1, payload: cloudEvent("a") }));
    expect(byRows.isFull).toBe(false);
    byRows.add(logMessage({ seq: 2, payload: Buffer.from("junk") }));
    expect(byRows.isFull).toBe(true);
    const byBytes = builder({ bytes: 1_024 });
    byBytes.add(logMessage({ seq: 1, payload: Buffer.alloc(1_023, "x") }));
    expect(byBytes.isFull).toBe(false);
    byBytes.add(logMessage({ seq: 2, payload: Buffer.alloc(1, "x") }));
    expect(byBytes.isFull).toBe(true);
  });

  it("covers sequences that the stream no longer has, and nothing else", () => {
    const batch = builder();
    expect([batch.isEmpty, batch.last]).toStrictEqual([true, 0]);
    batch.extendTo(7);
    expect([batch.isEmpty, batch.last]).toStrictEqual([false, 7]);
    batch.extendTo(3);
    expect(batch.finish()).toMatchObject({ first: 1, last: 7, received: 0, inserted: 0, deadLettered: 0, storedFrom: 0, storedTo: 0 });
    batch.start(8);
    expect([batch.isEmpty, batch.last]).toStrictEqual([true, 7]);
  });

  it("forgets everything when the next batch starts", () => {
    const batch = builder();
    const alone = builder();
    batch.add(logMessage({ seq: 1, payload: Buffer.from("junk") }));
    batch.add(logMessage({ seq: 2, payload: cloudEvent("b") }));
    batch.finish();
    for (const fresh of [batch, alone]) {
      fresh.start(3);
      fresh.add(logMessage({ seq: 3, payload: cloudEvent("c") }));
    }
    const [again, expected] = [batch.finish(), alone.finish()];
    expect({ ...again, events: again.events.slice(0, 1), deadLetters: 0 }).toStrictEqual({
      ...expected,
      events: expected.events.slice(0, 1),
      deadLetters: 0,
    });
    expect(again.deadLetters.rows).toBe(0);
  });

  it("keeps a message's bytes once, however many of its events are dead letters", () => {
    const batch = builder();
    const payload = Buffer.from(`[${"7,".repeat(100_000)}7]`);
    batch.add(logMessage({ payload, headerBytes: Buffer.from(`NATS/1.0\r\nx: ${"y".repeat(1_000)}\r\n\r\n`) }));
    const { deadLetters } = batch.finish();
    expect(deadLetters.rows).toBe(100_001);
    expect(deadLetters.slice(0, 1).includes(payload)).toBe(true);
    expect(deadLetters.slice(0, 1).length).toBeGreaterThan(payload.length + 1_000);
    expect(deadLetters.slice(1, 2).length).toBeLessThan(200);
  });
});

describe("RowSet", () => {
  it("cuts rows out alone or together", () => {
    const batch = builder();
    for (let seq = 1; seq <= 5; seq += 1) batch.add(logMessage({ seq, payload: cloudEvent("x".repeat(seq)) }));
    const { events } = batch.finish();
    const rows = [0, 1, 2, 3, 4].map((row) => events.slice(row, row + 1));
    expect(events.slice(0, 5)).toStrictEqual(Buffer.concat(rows));
    expect(events.slice(1, 3)).toStrictEqual(Buffer.concat([rows[1]!, rows[2]!]));
    expect(events.pick([4, 0])).toStrictEqual(Buffer.concat([rows[4]!, rows[0]!]));
    expect(events.slice(0, 0)).toHaveLength(0);
    expect(events.pick([])).toHaveLength(0);
    expect(events.bytes).toBe(events.slice(0, 5).length);
  });
});
