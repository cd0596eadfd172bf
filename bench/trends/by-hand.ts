import { rollupTable, statesOfEvents, type ClickHouse, type Statement } from "../../clickhouse/index.ts";
import { range } from "../behaviour/shop-events.ts";
import { trendsProject, views, viewsByHour } from "./bench-project.ts";

const table = rollupTable(views);
const output = table.measure.outputs[0]?.merged ?? "";
const STREAM = trendsProject.streams[0]?.name ?? "";
const [from, to] = [range.from / 1_000_000, range.to / 1_000_000];

/** What is written by hand for the trend: values by hour, where there are any. */
export function valuesByHour(name: string): Statement {
  return {
    name: "By hand",
    sql: `SELECT toStartOfHour(bucket) AS hour, ${output} AS value FROM ${name}
WHERE bucket >= toDateTime64(${from}, 0, 'UTC') AND bucket < toDateTime64(${to}, 0, 'UTC') GROUP BY hour ORDER BY hour`,
  };
}

/** The rollup that a trend reads. */
export const rollupByHand = valuesByHour(table.name);
/** The same from one of hours. */
export const coarserByHand = valuesByHour(rollupTable({ ...viewsByHour, grain: "1 hour" }).name);
/** The same from the events. */
export const rawByHand: Statement = {
  name: "Raw by hand",
  sql: `SELECT toStartOfHour(time) AS hour, count() AS value FROM events
WHERE type = '${views.event.type}' AND time >= toDateTime64(${from}, 6, 'UTC') AND time < toDateTime64(${to}, 6, 'UTC') GROUP BY hour ORDER BY hour`,
};

/** What must be read first by hand too, to say up to which position the numbers count, and that the rollup lacks nothing. */
const stateByHand: Statement = {
  name: "State by hand",
  sql: `(SELECT stream AS name, last FROM ingest_ledger WHERE stream = '${STREAM}' ORDER BY stream DESC, epoch DESC, generation DESC, first DESC LIMIT 1)
UNION ALL (SELECT rollup AS name, toUInt64(complete) AS last FROM rollup_versions FINAL WHERE rollup = '${table.name}')
UNION ALL (SELECT name, 1 AS last FROM system.tables WHERE database = currentDatabase() AND name = '${table.viewName}')`,
};

/** Every hour, those without events too, and the total. */
const everyHourByHand: Statement = {
  name: "Every hour by hand",
  sql: `SELECT hour, value, sum(value) OVER () AS total FROM (${rollupByHand.sql} WITH FILL FROM toDateTime(${from}, 'UTC') TO toDateTime(${to}, 'UTC') STEP INTERVAL 1 HOUR)`,
};

/** The whole of a trend's answer by hand: two statements, one after the other, because a position promises that what lies at or before it is counted. */
export async function answerByHand(clickhouse: ClickHouse): Promise<readonly { readonly value: string; readonly total: string }[]> {
  const state = await clickhouse.rows<{ name: string; last: string }>(stateByHand);
  if (state.length < 3) throw new Error(`The state by hand has ${state.length} rows in place of 3.`);
  return clickhouse.rows(everyHourByHand);
}

/** What every rebuild comes to: an empty copy of the rollup, filled with the states of the events in the database. */
export const rebuildStatements: readonly Statement[] = [
  { name: "Rebuilt rollup", sql: `CREATE OR REPLACE TABLE views_rebuilt AS ${table.name}` },
  { name: "Rebuild", sql: `INSERT INTO views_rebuilt ${statesOfEvents(table, `events WHERE type = '${views.event.type}'`)}` },
];
/** Values of the rebuilt rollup. */
export const rebuiltByHand = valuesByHour("views_rebuilt");
