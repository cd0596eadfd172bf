import { z } from "zod";
import type { Statement } from "../../clickhouse/index.ts";
import { defineEvent, defineProject } from "../../model/index.ts";

/** Of a hundred events of the shop, so many are each of the four steps. */
const STEPS = [
  ["page.viewed", 60],
  ["cart.added", 25],
  ["checkout.started", 10],
  ["order.placed", 5],
] as const;

/** The steps of the funnel, in order. */
export const steps = STEPS.map(([type]) => type);
/** 1 October 2026, UTC, microseconds; the events are spread over 30 days from then on. */
const START = Date.UTC(2026, 9, 1) * 1_000;
const DAYS_30 = 30 * 86_400_000_000;
/** Events of one entity, on average. */
const EVENTS_EACH = 20;

export const range = { from: START, to: START + DAYS_30, timezone: "UTC" } as const;

export const benchProject = defineProject({
  name: "hydrograph_bench",
  streams: [{ name: "BENCH", subjects: ["bench.>"] }],
  events: steps.map((type) => defineEvent({ type, data: z.object({ country: z.string() }) })),
});

/** Statements that fill `events` and the ledger: the same events in every run, each field of one a hash of its number. */
export function fillStatements(events: number): Statement[] {
  const bounds = STEPS.map((_, index) => STEPS.slice(0, index + 1).reduce((total, [, share]) => total + share, 0));
  const type = `multiIf(${steps.map((name, index) => `dice < ${bounds[index]}, '${name}'`).join(", ")}, '${steps[0]}')`;
  const stored = `fromUnixTimestamp64Micro(toInt64({start:Int64}) + toInt64(number) * 100, 'UTC')`;
  const params = { start: START + DAYS_30, events, span: DAYS_30, entities: Math.max(1, Math.round(events / EVENTS_EACH)), from: START };
  return [
    {
      name: "Events",
      sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source, subject, version, data)
SELECT 'BENCH', 1, number + 1, 0, ${stored} AS stored, stored, fromUnixTimestamp64Micro(toInt64({from:Int64} + cityHash64(number, 1) % {span:Int64}), 'UTC'), toString(number), ${type}, 'bench',
concat('user-', toString(cityHash64(number, 2) % {entities:UInt64})), 1, concat('{"country":"', ['DE', 'AT', 'CH', 'FR'][number % 4 + 1], '"}')
FROM (SELECT number, cityHash64(number, 3) % 100 AS dice FROM numbers({events:UInt64}))`,
      params,
    },
    {
      name: "Ledger",
      sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, event_rows, stored_from, stored_to)
SELECT 'BENCH', 1, 1, 1, {events:UInt64}, {events:UInt64}, {events:UInt64}, fromUnixTimestamp64Micro({start:Int64}), fromUnixTimestamp64Micro({start:Int64} + {events:Int64} * 100)`,
      params,
    },
  ];
}
