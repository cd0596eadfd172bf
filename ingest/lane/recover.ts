import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneIntent, LaneValue } from "../../jetstream/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { readLedgerEnd, type LedgerEnd } from "../ledger.ts";
import { rangeParams, type EarlierRows } from "./commit-batch.ts";

/** From where a freshly claimed lane goes on. */
export interface Resumption {
  readonly generation: number;
  /** Last sequence committed; 0 = none. */
  readonly committed: number;
  readonly chain: string;
  /** The batch that was declared and not committed: to be read again with exactly these ends. */
  readonly intent: LaneIntent | undefined;
  /** Batches that start at or before this sequence may be in the tables in part: look before inserting. */
  readonly suspectUpTo: number;
  /** Sequences that the checkpoint says were committed and the ledger does not know: ClickHouse lost them. 0 = none. */
  readonly lost: number;
}

/**
 * Settles where a lane stands, from its ledger (which has the last word), its checkpoint, and the rows in the tables. A lost or old checkpoint never makes a message go in
 * twice; a ledger behind the checkpoint means that ClickHouse lost rows: they are read again, under a new generation, since the old tokens may still be remembered.
 */
export async function resumeFrom(clickhouse: ClickHouse, lane: LaneIdentity, checkpoint: LaneValue | undefined): Promise<Resumption> {
  const ledger = await readLedgerEnd(clickhouse, lane);
  const known = checkpoint?.epoch === lane.epoch ? checkpoint : undefined;
  const lost = Math.max(0, (known?.committed ?? 0) - ledger.committed);
  const generation = Math.max(1, ledger.generation, known?.generation ?? 1) + (lost > 0 ? 1 : 0);
  const intent = known?.intent && lost === 0 && known.intent.first === ledger.committed + 1 ? known.intent : undefined;
  return {
    generation,
    committed: ledger.committed,
    chain: ledger.chain,
    intent,
    suspectUpTo: Math.max(intent?.last ?? 0, await lastRow(clickhouse, lane, ledger)),
    lost,
  };
}

/** Greatest sequence with a row beyond the ledger's end: rows whose ledger row is missing. 0 = none. */
async function lastRow(clickhouse: ClickHouse, lane: LaneIdentity, ledger: LedgerEnd): Promise<number> {
  const [row] = await clickhouse.rows<{ last: string }>({
    name: "Rows beyond the ledger",
    sql: `SELECT greatest(
            (SELECT max(seq) FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq > {committed:UInt64}),
            (SELECT max(seq) FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq > {committed:UInt64})) AS last`,
    params: { stream: lane.stream, epoch: String(lane.epoch), committed: String(ledger.committed) },
  });
  return Number(row?.last ?? 0);
}

/** Asks which rows of a batch's range are in the tables. @returns undefined if there are none: then the batch goes in as if for the first time */
export async function earlierRows(clickhouse: ClickHouse, batch: Batch): Promise<EarlierRows | undefined> {
  const rows = await clickhouse.rows<{ seq: string; idx: number }>({
    name: "Rows of a suspect batch",
    sql: `SELECT seq, idx FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
          UNION ALL
          SELECT seq, idx FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}`,
    params: rangeParams(batch),
  });
  if (rows.length === 0) return undefined;
  const keys = new Set(rows.map((row) => `${row.seq}/${row.idx}`));
  const messages = new Set(rows.map((row) => Number(row.seq)));
  return { kind: "rows", has: (seq, idx) => keys.has(`${seq}/${idx}`), hasMessage: (seq) => messages.has(seq) };
}

/** A fifth of the deduplication window: what is counted is batches, and a batch with refused rows is several inserts. */
const SURELY_REMEMBERED = 2_000;
/** A replicated table forgets tokens after 30 days, and a table restored from a backup has none: an outage of a day is neither. */
const SURELY_THE_SAME_DAYS = 1;

/** Whether ClickHouse surely still knows the tokens of the batch after the lane's last: few batches have come since, and not long ago. */
export async function areTokensRemembered(clickhouse: ClickHouse, lane: LaneIdentity): Promise<boolean> {
  const [row] = await clickhouse.rows<{ since: string; recent: 0 | 1 }>({
    name: "Batches since the lane's last",
    sql: `WITH (SELECT max(inserted_at) FROM ingest_ledger WHERE stream = {stream:String} AND epoch = {epoch:UInt64}) AS newest
          SELECT countIf(inserted_at >= newest) AS since, max(inserted_at) > now64(6) - toIntervalDay({days:UInt8}) OR count() = 0 AS recent FROM ingest_ledger`,
    params: { stream: lane.stream, epoch: String(lane.epoch), days: SURELY_THE_SAME_DAYS },
  });
  return row !== undefined && Number(row.since) < SURELY_REMEMBERED && row.recent === 1;
}
