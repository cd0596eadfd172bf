import { DEDUPLICATION_SETTINGS, identifier, literal, rollupTable, statesOfEvents } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";

/**
 * The table of a metric's states. Bucket first in the order: a trend reads a range of time. Not partitioned: one import of old history would
 * touch more than 100 partitions in an insert, which ClickHouse refuses (code 252). Nullable keys: an event may lack a dimension.
 */
export function createRollup(metric: Metric): string {
  const { name, bucket, dimensions, measure } = rollupTable(metric);
  const columns = [
    `${bucket} DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta, ZSTD(1))`,
    ...dimensions.map((dimension) => `${identifier(dimension.name)} ${dimension.type}`),
    ...measure.states.map((state) => `${identifier(state.name)} ${state.type}`),
  ];
  return `CREATE TABLE IF NOT EXISTS ${identifier(name)}
(
    ${columns.join(",\n    ")}
)
ENGINE = AggregatingMergeTree
ORDER BY (${[bucket, ...dimensions.map((dimension) => identifier(dimension.name))].join(", ")})
SETTINGS allow_nullable_key = 1, ${DEDUPLICATION_SETTINGS}
COMMENT ${literal(`hydrograph 1: ${describe(metric)}`)}`;
}

/**
 * The view that adds each block of events to the rollup as it is inserted. Its expressions never throw, whatever an event holds: a view that
 * throws refuses the batch, and ingest would stand still.
 */
export function createView(metric: Metric): string {
  const { name, viewName } = rollupTable(metric);
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${identifier(viewName)} TO ${identifier(name)} AS
${viewQuery(metric)}`;
}

/**
 * What the view of a metric does with each block of events.
 * @param events the table to read them from: a view's `events`, or a copy of it
 * @param condition more that an event must meet
 */
export function viewQuery(metric: Metric, events = "events", condition?: string): string {
  const also = condition === undefined ? "" : `\n  AND ${condition}`;
  return statesOfEvents(rollupTable(metric), `${identifier(events)}\nWHERE type = ${literal(metric.event.type)}${also}`);
}

/**
 * Notes that a rollup holds the whole history if, now that its view stands, neither `events` nor the rollup has a row: whatever comes later goes through
 * the view. With `unlessKnown` an answer that stands already is kept: two migrations at once must not take back what the first one knew.
 */
export function recordCompleteness(metric: Metric, { unlessKnown }: { readonly unlessKnown: boolean }): string {
  const { name } = rollupTable(metric);
  const known = unlessKnown ? `\nWHERE ${noRow(`rollup_versions WHERE rollup = ${literal(name)}`)}` : "";
  return `INSERT INTO rollup_versions (metric, rollup, complete, changed_at)
SELECT ${literal(metric.name)}, ${literal(name)}, ${noRow(`events WHERE type = ${literal(metric.event.type)}`)} AND ${noRow(identifier(name))}, now64(6, 'UTC')${known}`;
}

/** Notes that a rollup lacks events, so that trends leave it alone. */
export function recordIncomplete(metric: Metric): string {
  return `INSERT INTO rollup_versions (metric, rollup, complete, changed_at)
SELECT ${literal(metric.name)}, ${literal(rollupTable(metric).name)}, false, now64(6, 'UTC')`;
}

function noRow(from: string): string {
  return `(SELECT count() FROM (SELECT 1 FROM ${from} LIMIT 1)) = 0`;
}

/** A metric in words, e.g. "revenue = sum(amount) of order.placed by country, per 1 minute". */
function describe({ name, event, measure, dimensions, grain }: Metric): string {
  const field = measure.kind === "count" ? "" : measure.field;
  const by = dimensions.length === 0 ? "" : ` by ${dimensions.join(", ")}`;
  return `${name} = ${measure.kind}(${field}) of ${event.type}${by}, per ${grain}`;
}
