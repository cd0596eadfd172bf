import { identifier, rollupTable } from "../clickhouse/index.ts";
import type { Metric, Project } from "../model/index.ts";
import { ledgerFaultsSql } from "../queries/index.ts";
import { metricRows } from "./metric-rows.ts";

/**
 * The SQL of alerts: each gives one row, whatever there is, with columns `time` and `value`. Alerts know no variables and no macros of the data source: ranges are the database's own now.
 */
export interface AlertSql {
  /** Seconds from store to insert, the slowest twentieth of the last 10 minutes; 0 if nothing came in. */
  readonly late: string;
  /** Seconds since the stream that is quiet for longest had its newest batch. */
  readonly silent: string;
  /** Dead letters of all rows of the last 15 minutes, from 0 to 1. */
  readonly deadLetters: string;
  /** Faults of the ledger in the last day. */
  readonly faults: string;
  /** Sequences of the last 15 minutes that the stream no longer had. */
  readonly missing: string;
}

/** The SQL of a project's alerts about its pipeline. */
export function alertSql({ name }: Project): AlertSql {
  const ledger = `${identifier(name)}.ingest_ledger`;
  const waited = "(toUnixTimestamp64Micro(inserted_at) - toUnixTimestamp64Micro(stored_from)) / 1e6";
  return {
    late: `SELECT now() AS time, if(countIf(received > 0) = 0, 0, quantileIf(0.95)(${waited}, received > 0)) AS value
FROM ${ledger}
WHERE ${since("toIntervalMinute(10)")}`,
    silent: `SELECT now() AS time, max(dateDiff('second', newest, now64(6))) AS value
FROM (SELECT max(inserted_at) AS newest FROM ${ledger} GROUP BY stream)`,
    deadLetters: `SELECT now() AS time, sum(dead_letter_rows) / greatest(1, sum(dead_letter_rows) + sum(event_rows)) AS value
FROM ${ledger}
WHERE ${since("toIntervalMinute(15)")}`,
    faults: `SELECT now() AS time, count() AS value
FROM (${ledgerFaultsSql(ledger, since("toIntervalDay(1)"))})`,
    missing: `SELECT now() AS time, sum(missing) AS value
FROM ${ledger}
WHERE ${since("toIntervalMinute(15)")}`,
  };
}

function since(interval: string): string {
  return `inserted_at >= now64(6) - ${interval}`;
}

/** Weeks that a metric's hour is compared with, and those of them that must lie after its first event. */
const WEEKS = 8;
const LEAST_WEEKS = 4;
const HOUR_SECONDS = 3_600;

/**
 * How odd the last whole hour of a metric is: its distance from the median of the same hour in the eight weeks before, in robust standard deviations (1.4826 times the median absolute
 * deviation, at least a twentieth of the median, at least 1). 0 while there are fewer than four such weeks.
 * Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993)
 * @returns undefined for what does not add up by the hour
 */
export function oddHourSql(project: Project, metric: Metric): string | undefined {
  const { bucket, bucketSeconds, measure } = rollupTable(metric);
  if ((metric.measure.kind !== "count" && metric.measure.kind !== "sum") || bucketSeconds > HOUR_SECONDS) return undefined;
  const end = "toDateTime64(toStartOfHour(now('UTC'), 'UTC'), 0, 'UTC')";
  const rows = metricRows(project, metric, { from: `(${end} - toIntervalHour(${WEEKS * 168 + 1}))`, to: end });
  const past = Array.from({ length: WEEKS }, (_, week) => hourAgo(week + 1));
  return `SELECT now() AS time, if(weeks < ${LEAST_WEEKS}, 0, abs(latest - middle) / greatest(1.4826 * spread, abs(middle) / 20, 1)) AS value
FROM
(
    SELECT latest, weeks, middle, arrayReduce('median', arrayMap(other -> abs(other - middle), past)) AS spread
    FROM
    (
        SELECT latest, weeks, past, arrayReduce('median', past) AS middle
        FROM
        (
            SELECT ${hourAgo(0)} AS latest, [${past.join(", ")}] AS past, intDiv(max(hours_ago), 168) AS weeks
            FROM
            (
                SELECT dateDiff('hour', ${bucket}, ${end}) AS hours_ago, toFloat64(${measure.outputs[0]?.merged ?? "0"}) AS hour_value
                FROM ${rows}
                GROUP BY hours_ago
            )
        )
    )
)`;
}

/** The last whole hour, or the same one so many weeks before. */
function hourAgo(week: number): string {
  return `sumIf(hour_value, hours_ago = ${1 + 168 * week})`;
}
