import { identifier, literal } from "../clickhouse/index.ts";
import type { Project } from "../model/index.ts";
import { ingestedUntilSql, ledgerFaultsSql } from "../queries/index.ts";
import { trendSql, type TrendSeries, type TrendValue } from "./trend-sql.ts";

/** The streams chosen at the top of the dashboard. */
const STREAMS = "stream IN (${stream:singlequote})";
const BATCHES_IN_RANGE = `${STREAMS} AND inserted_at >= $__fromTime_ms AND inserted_at < $__toTime_ms`;

/** The SQL behind the panels of pipeline health, each with the tables of one project. */
export interface HealthSql {
  /** Values of the stream variable. */
  readonly streams: string;
  /** One number over the batches of the range. */
  readonly number: (expression: string) => string;
  /** Faults of the ledger in the range: how many, or the latest of them. */
  readonly faults: { readonly number: string; readonly latest: string };
  /** A trend over batches, by when they were in. */
  readonly batches: (values: readonly TrendValue[], by?: "stream") => string;
  /** A trend over rows of another table, by when JetStream stored them; of dead letters, those that are open. */
  readonly stored: (table: "events" | "dead_letters", by: string, name: string) => string;
  /** Seconds since the newest message that is ingested was stored, of the stream where that is longest; null = some stream has none. */
  readonly age: string;
  readonly lanes: string;
  readonly deadLetters: string;
  readonly rollups: string;
  readonly parts: string;
}

/** The SQL of a project's pipeline health. */
export function healthSql(project: Project): HealthSql {
  const database = identifier(project.name);
  const ledger = `${database}.ingest_ledger`;
  return {
    streams: `SELECT DISTINCT stream FROM ${ledger} ORDER BY stream LIMIT 1000`,
    number: (expression) => `SELECT ${expression} AS value FROM ${ledger} WHERE ${BATCHES_IN_RANGE} LIMIT 1`,
    faults: {
      number: `SELECT count() AS value FROM (${faults(ledger)}) LIMIT 1`,
      latest: `${faults(ledger)}\nORDER BY time DESC, stream, first DESC\nLIMIT 100`,
    },
    batches: (values, by) =>
      trendSql({
        table: ledger,
        timeColumn: "inserted_at",
        tableSeconds: 1,
        where: STREAMS,
        values,
        latenessSeconds: 0,
        ...(by ? { series: ranked("stream") } : {}),
      }),
    stored: (table, by, name) =>
      trendSql({
        table: `${database}.${table}`,
        timeColumn: "stored_at",
        tableSeconds: 1,
        where: table === "dead_letters" ? `${STREAMS} AND ${open(database)}` : STREAMS,
        series: ranked(by),
        values: [{ name, expression: "count()", empty: 0 }],
        latenessSeconds: 0,
        knownTo: ingestedUntilSql(project.streams, ledger),
      }),
    age: `SELECT ${notNegative(`dateDiff('second', ${ingestedUntilSql(project.streams, ledger)}, now64(6))`)} AS value LIMIT 1`,
    lanes: lanes(ledger),
    deadLetters: `SELECT stored_at AS time, stream, seq, idx, stage, reason, detail, nats_subject, length(payload) AS bytes
FROM ${database}.dead_letters
WHERE ${STREAMS} AND stored_at >= $__fromTime_ms AND stored_at < $__toTime_ms AND ${open(database)}
ORDER BY time DESC, stream, seq DESC, idx DESC
LIMIT 100`,
    rollups: `SELECT metric, rollup, argMax(complete, changed_at) AS whole_history, max(changed_at) AS changed
FROM ${database}.rollup_versions
GROUP BY metric, rollup
ORDER BY metric, rollup
LIMIT 1000`,
    parts: `SELECT table, count() AS parts, uniqExact(partition) AS partitions, sum(rows) AS total_rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE database = ${literal(project.name)} AND active
GROUP BY table
ORDER BY bytes DESC, table
LIMIT 1000`,
  };
}

/** Dead letters that nobody has replayed or discarded. */
function open(database: string): string {
  const resolved = `SELECT stream, epoch, seq, idx FROM ${database}.dead_letter_resolutions WHERE resolution IN ('replayed', 'discarded')`;
  return `(stream, epoch, seq, idx) NOT IN (${resolved})`;
}

function ranked(expression: string): TrendSeries {
  return { expression, rank: "count()", limit: 10 };
}

/** Faults of the ledger in the range, in words. */
function faults(ledger: string): string {
  return `SELECT inserted_at AS time, stream, first, last, if(unbalanced, 'counts do not add up', concat('follows ', toString(before))) AS fault, worker
FROM (${ledgerFaultsSql(ledger, BATCHES_IN_RANGE)})`;
}

/** The newest batch of each stream, read from the end of the ledger's order; one of nothing but missing sequences has no store time. */
function lanes(ledger: string): string {
  return `SELECT
    stream,
    fromUnixTimestamp64Micro(toInt64(epoch), 'UTC') AS stream_created,
    generation AS refill,
    last AS committed_seq,
    if(received > 0, stored_to, NULL) AS stored_until,
    ${notNegative("dateDiff('second', stored_until, now64(6))")} AS age,
    ${notNegative("dateDiff('millisecond', stored_until, inserted_at) / 1000")} AS delay,
    inserted_at AS newest_batch,
    worker
FROM
(
    SELECT stream, epoch, generation, last, received, stored_to, inserted_at, worker
    FROM ${ledger}
    WHERE ${STREAMS}
    ORDER BY stream DESC, epoch DESC, generation DESC, first DESC
    LIMIT 1 BY stream
)
ORDER BY stream
LIMIT 1000`;
}

/** Clocks of two machines may differ; `greatest(0, …)` would make 0 of null. */
function notNegative(expression: string): string {
  return `if(${expression} < 0, 0, ${expression})`;
}
