import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { ledgerFaultsSql } from "./ledger-faults.ts";
import { resolvePresent, resolveRange, type RangeRequest } from "../resolve-range.ts";

/** What went into ClickHouse in a range of time, by when it was committed. */
export interface IngestHealthRequest extends RangeRequest {
  /** IANA zone for words and dates. Default: the project's. */
  readonly timezone?: string;
  readonly now?: Date;
}

/** Sums over batches. A message is inserted, set aside or a duplicate; `missing` are sequences that the stream no longer had. */
export interface IngestCounts {
  readonly batches: number;
  readonly received: number;
  readonly inserted: number;
  readonly deadLettered: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly eventRows: number;
  /** Of the messages' payloads. */
  readonly bytes: number;
}

/** A stretch of the range. */
export interface IngestBucket extends IngestCounts {
  /** Microseconds since 1970. */
  readonly start: number;
  /** Seconds from when JetStream stored the newest message of a batch to when the batch was in, the longest; null without batches. */
  readonly slowestSeconds: number | null;
}

/** The ledger in figures. */
export interface IngestHealth {
  /** The range `[from, to)`, microseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly bucketSeconds: number;
  /** Every bucket of the range, in order; the first begins at or before it. */
  readonly buckets: readonly IngestBucket[];
  readonly totals: IngestCounts;
  /** Batches whose counts do not add up, or that do not begin where the one before ended: 0 unless something is badly wrong. */
  readonly faults: number;
}

/** Widths of a bucket, in seconds; the first that gives at most so many is taken. */
const WIDTHS = [1, 5, 10, 30, 60, 300, 900, 3_600, 10_800, 43_200, 86_400, 604_800, 2_592_000, 31_536_000, 315_360_000] as const;
const MOST_BUCKETS = 150;
const COUNTS = ["batches", "received", "inserted", "deadLettered", "duplicates", "missing", "eventRows", "bytes"] as const;

/**
 * What the ledger tells of a range of time: what was ingested when, how fresh it was, and whether the books balance.
 * @throws QueryError if the range cannot be understood
 */
export async function ingestHealth(clickhouse: ClickHouse, project: Project, request: IngestHealthRequest): Promise<IngestHealth> {
  const { from, to } = resolveRange(request, resolvePresent(request.timezone ?? project.timezone, request.now));
  const seconds = WIDTHS.find((width) => (to - from) / 1e6 / width <= MOST_BUCKETS) ?? WIDTHS[WIDTHS.length - 1] ?? 1;
  const width = seconds * 1_000_000;
  const bindings = new Bindings();
  const range = `inserted_at >= ${bindings.moment(from)} AND inserted_at < ${bindings.moment(to)}`;
  const [rows, [faulty]] = await Promise.all([
    clickhouse.rows<Record<string, string | number | null>>({
      name: "Ingest by time",
      sql: `SELECT intDiv(toUnixTimestamp64Micro(inserted_at), ${bindings.bind("Int64", width)}) AS bucket, count() AS batches, ${SUMS},
  maxIf(dateDiff('microsecond', stored_to, inserted_at), received > 0) / 1e6 AS slowest
FROM ingest_ledger WHERE ${range} GROUP BY bucket ORDER BY bucket`,
      params: bindings.params,
      // The sums are called as what they add up.
      settings: { prefer_column_name_to_alias: 1 },
    }),
    clickhouse.rows<{ faults: string }>(faultsStatement(from, to)),
  ]);
  const found = new Map(rows.map((row) => [Number(row["bucket"]), row]));
  const first = Math.floor(from / width);
  const length = Math.ceil(to / width) - first;
  const buckets = Array.from({ length }, (_, index) => bucketOf((first + index) * width, found.get(first + index)));
  return { from, to, bucketSeconds: seconds, buckets, totals: sumOf(buckets), faults: Number(faulty?.faults ?? 0) };
}

const SUMS = [
  "sum(received) AS received",
  "sum(inserted) AS inserted",
  "sum(dead_lettered) AS deadLettered",
  "sum(duplicates) AS duplicates",
  "sum(missing) AS missing",
  "sum(event_rows) AS eventRows",
  "sum(bytes) AS bytes",
].join(", ");

function bucketOf(start: number, row: Record<string, string | number | null> | undefined): IngestBucket {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, Number(row?.[name] ?? 0)])) as Record<(typeof COUNTS)[number], number>;
  return { start, ...counts, slowestSeconds: row && counts.received > 0 ? Math.max(0, Number(row["slowest"])) : null };
}

function sumOf(buckets: readonly IngestCounts[]): IngestCounts {
  const total = (name: (typeof COUNTS)[number]): number => buckets.reduce((sum, bucket) => sum + bucket[name], 0);
  return Object.fromEntries(COUNTS.map((name) => [name, total(name)])) as Record<(typeof COUNTS)[number], number>;
}

function faultsStatement(from: number, to: number): Statement {
  const bindings = new Bindings();
  const condition = `inserted_at >= ${bindings.moment(from)} AND inserted_at < ${bindings.moment(to)}`;
  const sql = `SELECT count() AS faults FROM (${ledgerFaultsSql("ingest_ledger", condition)})`;
  return { name: "Faults of the ledger", sql, params: bindings.params };
}
