import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rejection, useDatabase } from "../../clickhouse/database.test-support.ts";
import { defineEvent, defineProject, grainOf, gridEdges } from "../../model/index.ts";
import { oracleAsOf, oracleCandle } from "../../tests/oracles/market.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { commitTo } from "../trends/trend.test-support.ts";
import { asOfJoin } from "./as-of-join.ts";
import { candles } from "./candles.ts";

const trade = defineEvent({ type: "trade", data: z.object({ price: z.number(), size: z.number(), side: z.string() }).partial() });
const quote = defineEvent({ type: "quote", data: z.object({ bid: z.number(), ask: z.number() }).partial() });
const project = defineProject({
  name: "market",
  streams: [
    { name: "A", subjects: ["a.>"] },
    { name: "B", subjects: ["b.>"] },
  ],
  events: [trade, quote],
});

const RUNS = Number(process.env["MARKET_RUNS"] ?? 3);
const sentence = async (promise: Promise<unknown>): Promise<string> => (await rejection<Error>(promise)).message;

const held = useDatabase();
beforeAll(async () => applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse));

/** 29 March 2026, 01:00 UTC: clocks go forward in Berlin. */
const CENTRE = Date.UTC(2026, 2, 29, 1) * 1_000;
const MINUTE = 60_000_000;
const time = fc
  .tuple(fc.integer({ min: -90, max: 90 }), fc.constantFrom(-1, 0, 0, 0, 1, 17_000_003))
  .map(([minutes, off]) => CENTRE + minutes * MINUTE + off);
const price = fc.integer({ min: -50, max: 20_000 }).map((cents) => cents / 100);
const data = fc.oneof(
  fc.record({ price, size: fc.constantFrom(0, 1, 0.25, 3, 0.00000001) }),
  fc.record({ price }),
  fc.constant({ size: 3 }),
  fc.constant({ price: "12" }),
);
const placed = { time, stream: fc.constantFrom("A", "B"), idx: fc.constantFrom(0, 1), subject: fc.constantFrom("X", "Y", "Ü") };
const event = fc.oneof(
  fc.record({ ...placed, type: fc.constant("trade"), data }),
  fc.record({
    ...placed,
    type: fc.constant("quote"),
    data: fc.record({ bid: price, ask: fc.option(price, { nil: null }) }, { requiredKeys: ["bid"] }),
  }),
);
const events = fc.array(event, { maxLength: 60, size: "max" }).map((all) =>
  all.map((each, index): OracleEvent => ({
    ...each,
    id: String(index),
    epoch: 1,
    seq: ((index * 37) % 61) + 1,
    known_at: each.time,
    source: "exchange",
  })),
);

async function replaceEvents(all: readonly OracleEvent[]): Promise<void> {
  for (const table of ["events", "ingest_ledger"]) await held.clickhouse.command({ name: "Clear", sql: `TRUNCATE TABLE ${table}` });
  const stored = "2026-04-01 00:00:00";
  const rows = all.map((each) =>
    JSON.stringify({ ...each, time: (each.time / 1e6).toFixed(6), stored_at: stored, known_at: stored, version: 1, enriched: {} }),
  );
  const token = `${Date.now()}-${Math.random()}`;
  const columns = "stream epoch seq idx stored_at known_at time id type source subject version data enriched".split(" ");
  if (rows.length > 0)
    await held.clickhouse.insert({ table: "events", columns, format: "JSONEachRow", body: Buffer.from(rows.join("\n")), token });
  for (const stream of ["A", "B"]) await commitTo(held.clickhouse, { stream, last: 100, storedTo: stored });
}

const everything = { A: { epoch: 1, seq: 100 }, B: { epoch: 1, seq: 100 } };
const close = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 7));

describe("candles", () => {
  it("are what the definitions say, with ties, late events, gaps, cut buckets and a day of 23 hours", async () => {
    const question = fc.record({
      from: time,
      length: fc.integer({ min: 1, max: 200 * MINUTE }),
      grain: fc.constantFrom("minute", "7 minutes", "hour", "day"),
      after: fc.constantFrom(0, 90 * MINUTE, 1e12),
      seq: fc.constantFrom(100, 100, 30),
    });
    const property = fc.asyncProperty(events, fc.array(question, { minLength: 3, maxLength: 3 }), async (all, questions) => {
      await replaceEvents(all);
      for (const { after, from, grain, length, seq } of questions) {
        const [to, now, timezone] = [from + length, from + after, "Europe/Berlin"];
        const asOf = { A: { epoch: 1, seq }, B: { epoch: 1, seq: 100 } };
        const answer = await candles(held.clickhouse, project, {
          event: "trade",
          price: "price",
          size: "size",
          from,
          to,
          grain,
          timezone,
          asOf,
          now: new Date(now / 1_000),
        });
        const counted = all.filter((each) => each.type === "trade" && each.seq <= (each.stream === "A" ? seq : 100) && each.time < to);
        const edges = gridEdges({ from, to, grain: grainOf(grain), timezone });
        const names = ["X", "Y", "Ü"].filter((name) =>
          counted.some((each) => each.subject === name && typeof (each.data as { price?: unknown }).price === "number"),
        );
        const until = Math.min(to, Math.floor(now / 1_000) * 1_000);
        const expected = edges.slice(0, -1).flatMap((start, index) =>
          names.map((instrument) => {
            const end = edges[index + 1]!;
            const made = oracleCandle(
              counted.filter((each) => each.subject === instrument),
              Math.max(start, from),
              Math.min(end, to),
              until,
            );
            return {
              instrument,
              start: new Date(start / 1_000),
              partial: start < from || end > to,
              ...made,
              volume: close(made.volume),
              vwap: close(made.vwap),
              twap: close(made.twap),
            };
          }),
        );
        expect(
          answer.candles.map(({ end, state, ...rest }) => ({ ...rest, ...(end > rest.start && state !== undefined ? {} : { end }) })),
        ).toEqual(expected);
      }
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });

  it("refuse what makes no sense in a sentence", async () => {
    const request = { event: "trade", price: "price", grain: "hour", from: "2026-03-29", to: "2026-03-30" };
    expect(await sentence(candles(held.clickhouse, project, { ...request, event: "trades" }))).toBe(
      'There is no event "trades": did you mean "trade"?',
    );
    expect(await sentence(candles(held.clickhouse, project, { ...request, price: "side" }))).toBe('"side" of "trade" is no number.');
    expect(await sentence(candles(held.clickhouse, project, { ...request, size: "amount" }))).toMatch(/has no field "amount"/);
    expect(await sentence(candles(held.clickhouse, project, { ...request, grain: "fortnight" }))).toMatch(/no grain "fortnight"/);
    expect(await sentence(candles(held.clickhouse, project, { ...request, grain: "second", to: "2026-05-30" }))).toMatch(
      /over 20,000 candles/,
    );
    expect(await sentence(asOfJoin(held.clickhouse, project, { ...request, fields: [], lookUp: "trade", lookUpFields: [] }))).toMatch(
      /name two/,
    );
  });
});

describe("asOfJoin", () => {
  it("finds the last event before each, ties settled by the log", async () => {
    const property = fc.asyncProperty(events, time, fc.integer({ min: 1, max: 200 * MINUTE }), async (all, from, length) => {
      await replaceEvents(all);
      const to = from + length;
      const answer = await asOfJoin(held.clickhouse, project, {
        event: "trade",
        fields: ["size", "id"],
        lookUp: "quote",
        lookUpFields: ["bid", "ask"],
        from,
        to,
        asOf: everything,
      });
      const expected = oracleAsOf(all, "trade", "quote", from, to).map(([own, found]) => {
        const quoted = found?.data as { bid: number; ask?: number | null } | undefined;
        return {
          instrument: own.subject,
          time: new Date(own.time / 1_000),
          id: own.id,
          fields: { size: (own.data as { size?: number }).size ?? null, id: own.id },
          found:
            found && quoted
              ? { time: new Date(found.time / 1_000), id: found.id, fields: { bid: quoted.bid, ask: quoted.ask ?? null } }
              : null,
        };
      });
      expect(answer.rows).toEqual(expected);
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });
});
