import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { LedgerRow } from "../ledger.ts";

/** What verification needs of a ledger row. */
export type LedgerFacts = Omit<LedgerRow, "code" | "worker" | "inserted_at" | "stored_from" | "stored_to">;

/** A lane that the ledger or a table knows. */
export interface KnownLane extends LaneIdentity {
  /** Rows of its ledger; 0 if only the tables know it. */
  readonly batches: number;
  /** Messages that its ledger says were received. */
  readonly messages: number;
}

/** Batches of one page: a batch a second for a year is 30 million ledger rows of 200 bytes, which no process should hold. */
const PAGE_BATCHES = 2_000;

/** Lanes with at least one row in the ledger, `events` or `dead_letters`, ordered by stream and epoch; of one stream, if it is named. */
export async function readLanes(clickhouse: ClickHouse, stream?: string): Promise<KnownLane[]> {
  const rows = await clickhouse.rows<Record<keyof KnownLane, string>>({
    name: "Lanes in the tables",
    sql: `SELECT stream, epoch, sum(batches) AS batches, sum(messages) AS messages
          FROM (
            SELECT stream, epoch, count() AS batches, sum(received) AS messages FROM ingest_ledger GROUP BY stream, epoch
            UNION ALL SELECT DISTINCT stream, epoch, 0, 0 FROM events
            UNION ALL SELECT DISTINCT stream, epoch, 0, 0 FROM dead_letters
          )
          WHERE {only:String} IN ('', stream)
          GROUP BY stream, epoch ORDER BY stream, epoch`,
    params: { only: stream ?? "" },
  });
  return rows.map((row) => ({
    stream: row.stream,
    epoch: Number(row.epoch),
    batches: Number(row.batches),
    messages: Number(row.messages),
  }));
}

/** The next ledger rows of a lane, ordered by first sequence: those that start at `from` or later, some 2,000 of them; all that start at the same sequence come together. */
export async function readLedgerPage(clickhouse: ClickHouse, lane: LaneIdentity, from: number): Promise<LedgerFacts[]> {
  const rows = await clickhouse.rows<Record<keyof LedgerFacts, string>>({
    name: "Ledger",
    sql: `SELECT stream, epoch, generation, first, last, received, inserted, dead_lettered, duplicates, missing, event_rows, dead_letter_rows, bytes, digest, chain
          FROM ingest_ledger WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND first >= {from:UInt64}
          ORDER BY first LIMIT ${PAGE_BATCHES} WITH TIES`,
    params: { stream: lane.stream, epoch: String(lane.epoch), from: String(from) },
  });
  return rows.map(toFacts).sort((one, other) => one.first - other.first || one.generation - other.generation);
}

function toFacts(row: Record<keyof LedgerFacts, string>): LedgerFacts {
  return {
    stream: row.stream,
    epoch: Number(row.epoch),
    generation: Number(row.generation),
    first: Number(row.first),
    last: Number(row.last),
    received: Number(row.received),
    inserted: Number(row.inserted),
    dead_lettered: Number(row.dead_lettered),
    duplicates: Number(row.duplicates),
    missing: Number(row.missing),
    event_rows: Number(row.event_rows),
    dead_letter_rows: Number(row.dead_letter_rows),
    bytes: Number(row.bytes),
    digest: row.digest,
    chain: row.chain,
  };
}
