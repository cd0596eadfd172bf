import { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { identifier } from "../clickhouse/index.ts";
import { durationMs, type Project } from "../model/index.ts";
import { ingestedUntilSql } from "../queries/index.ts";
import { clickHouseQuery, DATASOURCE } from "./clickhouse-query.ts";

/**
 * What was done to the numbers, as marks on every panel: numbers that jump there were changed by us. Only what the tables record is known: a deployment shows by the first batch of its config,
 * and by the rollups it makes; a program that was replaced under the same config leaves no trace.
 */
export function annotations(project: Project): readonly AnnotationQueryBuilder[] {
  return [
    annotation("Config changes", "purple", configChanges(project)),
    annotation("Rollup changes", "blue", rollupChanges(project)),
    annotation("Replays", "orange", replays(project)),
  ];
}

/** The part of the range whose buckets are not final, for panels that cannot draw such buckets otherwise. */
export function notFinalRegion(project: Project): AnnotationQueryBuilder {
  const known = `least(now64(3), ifNull(${ingestedUntilSql(project.streams, ledgerOf(project))}, fromUnixTimestamp64Milli(0)))`;
  const from = `greatest($__fromTime_ms, toDateTime64(${known}, 3) - toIntervalSecond(${durationMs(project.lateness) / 1_000}))`;
  const sql = `SELECT ${from} AS time, least(now64(3), $__toTime_ms) AS timeEnd, 'Not final' AS title,
    'Buckets that end in here are not over, not wholly ingested, or younger than the lateness.' AS text, 'hydrograph' AS tags
WHERE time < timeEnd
LIMIT 1`;
  return annotation("Not final", "rgba(128, 128, 128, 0.4)", sql);
}

function annotation(name: string, color: string, sql: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .hide(false)
    .iconColor(color)
    .target(clickHouseQuery(sql, "table"));
}

function ledgerOf({ name }: Project): string {
  return `${identifier(name)}.ingest_ledger`;
}

const IN_RANGE = "time >= $__fromTime_ms AND time < $__toTime_ms";

/** The first batch that each config made, and each refill. */
function configChanges(project: Project): string {
  return `SELECT
    min(inserted_at) AS time,
    'Ingest changed' AS title,
    concat(stream, ': config ', substring(code, 1, 8), if(generation > 0, concat(', refill ', toString(generation)), '')) AS text,
    'hydrograph' AS tags
FROM ${ledgerOf(project)}
GROUP BY stream, epoch, generation, code
HAVING ${IN_RANGE}
ORDER BY time, text
LIMIT 100`;
}

/** When each rollup was last declared whole, or lacking history. */
function rollupChanges({ name }: Project): string {
  return `SELECT
    changed_at AS time,
    'Rollup changed' AS title,
    concat(metric, ': ', rollup, if(complete, ' holds the whole history', ' lacks history, and trends read the raw events')) AS text,
    'hydrograph' AS tags
FROM ${identifier(name)}.rollup_versions FINAL
WHERE ${IN_RANGE}
ORDER BY time, text
LIMIT 100`;
}

/** Batches of dead letters that went in after all, from declared to done. */
function replays({ name }: Project): string {
  return `SELECT
    min(resolved_at) AS time,
    max(resolved_at) AS timeEnd,
    'Dead letters replayed' AS title,
    concat(stream, ': ', toString(sumIf(event_rows, resolution = 'replayed')), ' events by config ', substring(any(code), 1, 8)) AS text,
    'hydrograph' AS tags
FROM ${identifier(name)}.dead_letter_resolutions
WHERE resolution != 'discarded'
GROUP BY stream, epoch, batch
HAVING countIf(resolution = 'replayed') > 0 AND ${IN_RANGE}
ORDER BY time, text
LIMIT 100`;
}
