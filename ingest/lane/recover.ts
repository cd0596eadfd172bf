import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneValue } from "../../jetstream/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { readLedgerEnd, type LedgerEnd } from "../ledger.ts";
import { rangeParams, type Existing } from "./commit-batch.ts";

/** From where a freshly claimed lane goes on. */
export interface Resumption {
  readonly generation: number;
  /** Last sequence committed; 0 = none. */
  readonly committed: number;
  readonly chain: string;
  /** The batch that was declared and not committed: to be read again with exactly these ends. */
  readonly intent: { readonly first: number; readonly last: number } | undefined;
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
    intent: intent && { first: intent.first, last: intent.last },
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
export async function existingRows(clickhouse: ClickHouse, batch: Batch): Promise<Existing | undefined> {
  const rows = await clickhouse.rows<{ seq: string; idx: number }>({
    name: "Rows of a declared batch",
    sql: `SELECT seq, idx FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
          UNION ALL
          SELECT seq, idx FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}`,
    params: rangeParams(batch),
  });
  if (rows.length === 0) return undefined;
  const keys = new Set(rows.map((row) => `${row.seq}/${row.idx}`));
  return { has: (seq, idx) => keys.has(`${seq}/${idx}`), tokenIsRemembered: await isTokenRemembered(clickhouse, batch) };
}

/** A fifth of the deduplication window: the count below is of batches, and a batch with refused rows is several inserts. */
const SURELY_REMEMBERED = 2_000;

/** Whether `events` surely still knows the token of the batch after the lane's last: few batches of other lanes have come since. */
async function isTokenRemembered(clickhouse: ClickHouse, batch: Batch): Promise<boolean> {
  const [row] = await clickhouse.rows<{ since: string }>({
    name: "Batches since the lane's last",
    sql: `SELECT count() AS since FROM ingest_ledger
          WHERE inserted_at >= (SELECT max(inserted_at) FROM ingest_ledger WHERE stream = {stream:String} AND epoch = {epoch:UInt64})`,
    params: { stream: batch.lane.stream, epoch: String(batch.lane.epoch) },
  });
  return Number(row?.since ?? 0) < SURELY_REMEMBERED;
}
