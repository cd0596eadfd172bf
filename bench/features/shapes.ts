import type { Statement } from "../../clickhouse/index.ts";

/** How events and labels are spread over entities. */
export interface Shape {
  readonly name: string;
  /** The entity of a row, as SQL over `dice`, a UInt64 hash, and {events:UInt64}. */
  readonly entity: string;
}

const DAY = 86_400_000_000;
/** Days that the events are spread over; labels lie in the last sixty. */
const DAYS = 90;
/** The events end at the present, which features are asked for at. */
const START = Date.now() * 1_000 - DAYS * DAY;

/** Short histories (100 events), long ones (10,000), and a mix in which the k-th entity has a share of about 1/k. */
export const SHAPES: readonly Shape[] = [
  { name: "short", entity: "dice % greatest(intDiv({events:UInt64}, 100), 1)" },
  { name: "hot", entity: "dice % greatest(intDiv({events:UInt64}, 10000), 1)" },
  { name: "zipf", entity: "floor(pow(greatest({events:UInt64} / 100, 2), (dice % 1000000007) / 1000000007))" },
];

/**
 * Statements that fill `events` and the ledger: the same in every run but for the date, each field a hash of the row's number. Every event is known a second after it happened; one in twenty up to an hour late,
 * one in a hundred up to two days.
 */
export function fillStatements({ entity }: Shape, events: number): Statement[] {
  const late =
    "multiIf(number % 100 = 0, cityHash64(number, 5) % 172800000000, number % 20 = 1, cityHash64(number, 5) % 3600000000, 1000000)";
  const params = { events, start: START, span: DAYS * DAY };
  return [
    { name: "Empty", sql: "TRUNCATE TABLE events" },
    { name: "Empty", sql: "TRUNCATE TABLE ingest_ledger" },
    {
      name: "Events",
      sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source, subject, version, data)
SELECT 'BENCH', 1, number + 1, 0, fromUnixTimestamp64Micro(toInt64({start:Int64} + {span:Int64} * 2), 'UTC'), fromUnixTimestamp64Micro(toInt64(at + late), 'UTC'), fromUnixTimestamp64Micro(toInt64(at), 'UTC'),
  toString(number), 'bought', 'bench', concat('user-', toString(toUInt64(${entity}))), 1, concat('{"amount":', toString((cityHash64(number, 3) % 100000) / 100), ',"product":"p-', toString(cityHash64(number, 4) % 1000), '"}')
FROM (SELECT number, {start:Int64} + cityHash64(number, 1) % {span:UInt64} AS at, cityHash64(number, 2) AS dice, ${late} AS late FROM numbers({events:UInt64}))`,
      params,
    },
    {
      name: "Ledger",
      sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, event_rows) SELECT 'BENCH', 1, 1, 1, {events:UInt64}, {events:UInt64}, {events:UInt64}`,
      params,
    },
  ];
}

/** Entities to ask about at once, drawn as those of the events are; others in every round. */
export function entitiesStatement({ entity }: Shape, events: number, count: number, round: number): Statement {
  return {
    name: "Entities",
    sql: `SELECT concat('user-', toString(toUInt64(${entity}))) AS entity FROM (SELECT cityHash64(number, 8, {round:UInt64}) AS dice FROM numbers({count:UInt64}))`,
    params: { events, count, round },
  };
}

/** Label rows as CSV: entities drawn as those of the events are. */
export function spineStatement({ entity }: Shape, events: number, rows: number): Statement & { readonly format: string } {
  return {
    name: "Labels",
    format: "CSVWithNames",
    sql: `SELECT concat('user-', toString(toUInt64(${entity}))) AS entity, formatDateTime(fromUnixTimestamp64Micro(toInt64({from:Int64} + cityHash64(number, 7) % {span:UInt64}), 'UTC'), '%FT%T.%fZ') AS time
FROM (SELECT number, cityHash64(number, 6) AS dice FROM numbers({rows:UInt64}))`,
    params: { events, rows, from: START + 30 * DAY, span: (DAYS - 30) * DAY },
  };
}
