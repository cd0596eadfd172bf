import { createHash } from "node:crypto";
import type { ClickHouse } from "../clickhouse/index.ts";
import type { LaneIdentity } from "./batch/rows.ts";

/** What became of the messages of one batch: a row of `ingest_ledger`. */
export interface LedgerRow {
  readonly stream: string;
  /** Microseconds since 1970. */
  readonly epoch: number;
  readonly generation: number;
  readonly first: number;
  readonly last: number;
  readonly received: number;
  readonly inserted: number;
  readonly dead_lettered: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly event_rows: number;
  readonly dead_letter_rows: number;
  readonly bytes: number;
  /** Microseconds since 1970. */
  readonly stored_from: number;
  readonly stored_to: number;
  readonly digest: string;
  readonly chain: string;
  readonly code: string;
  readonly worker: string;
  readonly inserted_at: number;
}

/** Digest of a range that a replay left out on purpose: no hash, as nothing was read. */
export const LEFT_OUT = "0".repeat(64);

/** Where a lane's ledger ends. */
export interface LedgerEnd {
  readonly generation: number;
  /** Last sequence committed; 0 = none. */
  readonly committed: number;
  /** Chain hash of the last row; empty = none. */
  readonly chain: string;
}

/** Reads where a lane's ledger ends: ClickHouse has the last word on what is committed. */
export async function readLedgerEnd(clickhouse: ClickHouse, lane: LaneIdentity): Promise<LedgerEnd> {
  const [row] = await clickhouse.rows<{ generation: number; committed: string; chain: string }>({
    name: "Ledger end",
    // Read from the end of the table's order: an aggregate would read every batch of the lane.
    sql: `SELECT generation, last AS committed, chain FROM ingest_ledger WHERE stream = {stream:String} AND epoch = {epoch:UInt64}
          ORDER BY stream DESC, epoch DESC, generation DESC, first DESC LIMIT 1`,
    params: { stream: lane.stream, epoch: String(lane.epoch) },
  });
  return { generation: row?.generation ?? 0, committed: Number(row?.committed ?? 0), chain: row?.chain ?? "" };
}

/** What "lately" means where a rate is told. */
export const RECENT_SECONDS = 60;

/** Messages of a lane that were committed within the last {@link RECENT_SECONDS}, by the worker's clock. */
export async function recentlyReceived(clickhouse: ClickHouse, lane: LaneIdentity): Promise<number> {
  const [row] = await clickhouse.rows<{ received: string }>({
    name: "Recently received",
    sql: `SELECT sum(l.received) AS received FROM ingest_ledger AS l
          WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND l.inserted_at > now64(6) - toIntervalSecond({recent:UInt32})`,
    params: { stream: lane.stream, epoch: String(lane.epoch), recent: RECENT_SECONDS },
  });
  return Number(row?.received ?? 0);
}

/**
 * Ties a ledger row to the one before it: whoever changes, drops or inserts a row later must change every row after it.
 * @returns SHA-256 in hexadecimal of the previous chain and the row's own facts, separated by "|"
 */
export function chainOf(
  previous: string,
  row: Omit<LedgerRow, "chain" | "code" | "worker" | "inserted_at" | "stored_from" | "stored_to">,
): string {
  const facts = [
    previous,
    row.stream,
    row.epoch,
    row.generation,
    row.first,
    row.last,
    row.received,
    row.inserted,
    row.dead_lettered,
    row.duplicates,
    row.missing,
    row.event_rows,
    row.dead_letter_rows,
    row.bytes,
    row.digest,
  ];
  return createHash("sha256").update(facts.join("|")).digest("hex");
}

/** Columns of the ledger in the order of `encodeLedgerRow`'s object. */
export const LEDGER_COLUMNS: readonly (keyof LedgerRow)[] = [
  "stream",
  "epoch",
  "generation",
  "first",
  "last",
  "received",
  "inserted",
  "dead_lettered",
  "duplicates",
  "missing",
  "event_rows",
  "dead_letter_rows",
  "bytes",
  "stored_from",
  "stored_to",
  "digest",
  "chain",
  "code",
  "worker",
  "inserted_at",
];

/** A ledger row as JSONEachRow: a whole number in DateTime64(6) is a count of microseconds. */
export function encodeLedgerRow(row: LedgerRow): Buffer {
  return Buffer.from(JSON.stringify(row));
}
