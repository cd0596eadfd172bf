import { rollupTable, statesOfEvents, type Statement } from "../../clickhouse/index.ts";
import { range } from "../behaviour/shop-events.ts";
import { views, viewsByHour } from "./bench-project.ts";

const table = rollupTable(views);
const output = table.measure.outputs[0]?.merged ?? "";
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

/** What every rebuild comes to: an empty copy of the rollup, filled with the states of the events in the database. */
export const rebuildStatements: readonly Statement[] = [
  { name: "Rebuilt rollup", sql: `CREATE OR REPLACE TABLE views_rebuilt AS ${table.name}` },
  { name: "Rebuild", sql: `INSERT INTO views_rebuilt ${statesOfEvents(table, `events WHERE type = '${views.event.type}'`)}` },
];
/** Values of the rebuilt rollup. */
export const rebuiltByHand = valuesByHour("views_rebuilt");
