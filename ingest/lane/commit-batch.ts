import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LogMessage } from "../../jetstream/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { RowSet } from "../batch/row-set.ts";
import { addDeadLetter, DEAD_LETTER_COLUMNS, EVENT_COLUMNS, type LaneIdentity } from "../batch/rows.ts";
import { chainOf, encodeLedgerRow, LEDGER_COLUMNS, readLedgerEnd, type LedgerRow } from "../ledger.ts";
import { insertForever, type InsertContext } from "./insert-forever.ts";
import { insertRows, type RowsToInsert } from "./insert-rows.ts";
import { areAllThere, keysOf, rangeParams, type HasRow, type RowsThere } from "./rows-there.ts";

/** Everything that stays the same from batch to batch of a claimed lane. */
export interface CommitContext extends InsertContext {
  readonly project: string;
  readonly generation: number;
  readonly worker: string;
  /** Fingerprint of the config. */
  readonly code: string;
  /** Reads one message of the log again, for a row that ClickHouse refuses. */
  readonly fetch: (seq: number) => Promise<LogMessage | undefined>;
}

/**
 * What an earlier try may have left of a batch:
 * - `declared`: the same batch was declared before, and its tokens are surely remembered: everything is sent again, and ClickHouse takes what it lacks;
 * - `rows`: rows of the range may be there that came under other tokens, or under forgotten ones: only the others are sent.
 */
export type Earlier = { readonly kind: "declared" } | ({ readonly kind: "rows" } & RowsThere);

/** ClickHouse passed over rows as sent before that it does not have: it lost them and remembers their token. */
export class TokenSpent extends Error {
  override readonly name = "TokenSpent";
}

/** The token of a batch, the same for every try: project/stream/epoch/generation/first-last. */
export function batchToken(context: Pick<CommitContext, "project" | "generation">, batch: Batch): string {
  return `${context.project}/${batch.lane.stream}/${batch.lane.epoch}/${context.generation}/${batch.first}-${batch.last}`;
}

/**
 * Puts a batch into ClickHouse: events, then dead letters, then the ledger row that makes it committed; each once, however often it is tried.
 * After an earlier try the ledger counts what the tables hold.
 * @param previousChain chain hash of the ledger row before
 * @throws TokenSpent if rows of the batch are neither there nor taken: then it needs a new generation
 * @throws Error if the ledger does not end where the batch begins
 */
export async function commitBatch(context: CommitContext, batch: Batch, previousChain: string, earlier?: Earlier): Promise<LedgerRow> {
  const token = batchToken(context, batch);
  let isDoubtful = earlier !== undefined;
  const watched: CommitContext = {
    ...context,
    // Also before the rows go in: tables that were dropped and are being made anew get no batch before their ledger is there, which is made last, nor one from the middle of the log.
    before: () => checkLedgerEnd(context.clickhouse, batch.lane, batch.first - 1, batch.last),
    onFailure: (failure, attempt) => {
      isDoubtful ||= failure.kind !== "bad-data";
      context.onFailure(failure, attempt);
    },
  };
  const insert = (table: string, columns: readonly string[], rows: RowSet): Promise<readonly number[]> =>
    insertRows(watched, { table, columns, rows, token, ...(earlier?.kind === "rows" ? rowsLacking(rows, earlier.has) : {}) });
  const faults = await insert("events", EVENT_COLUMNS, batch.events);
  await addRefusedRows(context, batch, faults);
  await insert("dead_letters", DEAD_LETTER_COLUMNS, batch.deadLetters);
  const counts = earlier ? await countRows(context.clickhouse, batch, duplicatesBeside(batch, earlier)) : countsOf(batch, faults);
  const row = ledgerRow(context, batch, counts, previousChain);
  await insertForever(
    {
      ...watched,
      before: async () => {
        await watched.before?.();
        // A ClickHouse that failed may have come back from a backup, without the rows that went in before.
        if (isDoubtful && !(await areAllThere(context.clickhouse, batch))) throw new TokenSpent(token);
      },
    },
    { table: "ingest_ledger", columns: LEDGER_COLUMNS, format: "JSONEachRow", body: encodeLedgerRow(row), token },
  );
  if (!earlier) return row;
  const end = await readLedgerEnd(context.clickhouse, batch.lane);
  if (end.committed < batch.last) throw new TokenSpent(token);
  // If another worker's row of the same batch was first, it is the one that stands.
  return { ...row, chain: end.chain };
}

/**
 * Looks whether ClickHouse was restored from a backup since the lane was claimed: a batch after what is gone would leave a gap that no claim looks behind again. Some 2 ms a batch.
 * @param committed last sequence that the ledger must have; `next`: or the end of the batch after it, if it may be in
 * @throws Error if the ledger ends before
 */
export async function checkLedgerEnd(clickhouse: ClickHouse, lane: LaneIdentity, committed: number, next = committed): Promise<void> {
  const end = await readLedgerEnd(clickhouse, lane);
  if (end.committed !== committed && end.committed < next)
    throw new Error(
      `the ledger of stream ${lane.stream} ends at ${end.committed} instead of ${committed}: ClickHouse was restored or lost data.`,
    );
}

/** If all are lacking they go in under the token of the whole: a sleeping worker that was about to send them adds nothing then. */
function rowsLacking(rows: RowSet, has: HasRow): Pick<RowsToInsert, "only"> {
  const only = keysOf(rows).flatMap((key, row) => (has(key) ? [] : [row]));
  return only.length === rows.rows ? {} : { only };
}

/** Rows that ClickHouse refuses become dead letters of the same batch; those of an earlier try are dead letters of it already. */
async function addRefusedRows(context: CommitContext, batch: Batch, faults: readonly number[]): Promise<void> {
  const known = new Set(faults.length === 0 ? [] : keysOf(batch.deadLetters).map(({ idx, seq }) => `${seq}/${idx}`));
  for (const row of faults) {
    const { seq, idx } = batch.events.keyOf(row);
    if (known.has(`${seq}/${idx}`)) continue;
    const message = await context.fetch(seq);
    const refusal = {
      idx,
      stage: "insert",
      reason: "rejected-by-clickhouse",
      detail: `ClickHouse refuses the row for its data${message ? "" : "; the stream no longer has the message"}`,
    } as const;
    addDeadLetter(batch.deadLetters, batch.lane, message ?? { ...GONE, seq, storedAt: batch.storedFrom }, refusal, context.code);
    batch.reasons.set(refusal.reason, (batch.reasons.get(refusal.reason) ?? 0) + 1);
  }
}

/** Stands for a message that was read and has left the stream since. */
const GONE = { subject: "", headerBytes: undefined, payload: Buffer.alloc(0), pending: 0, deliverySeq: 0 };

/** What is told of a batch by counting. */
type Counts = Pick<
  LedgerRow,
  "received" | "inserted" | "dead_lettered" | "duplicates" | "event_rows" | "dead_letter_rows" | "stored_from" | "stored_to"
>;

function countsOf(batch: Batch, faults: readonly number[]): Counts {
  const refused = new Set(faults);
  const inserted = new Set<number>();
  if (faults.length > 0) {
    for (let row = 0; row < batch.events.rows; row += 1) if (!refused.has(row)) inserted.add(batch.events.keyOf(row).seq);
  }
  const insertedMessages = faults.length > 0 ? inserted.size : batch.inserted;
  return {
    received: batch.received,
    inserted: insertedMessages,
    dead_lettered: batch.received - insertedMessages - batch.duplicates.length,
    duplicates: batch.duplicates.length,
    event_rows: batch.events.rows - faults.length,
    dead_letter_rows: batch.deadLetters.rows,
    stored_from: batch.storedFrom,
    stored_to: batch.storedTo,
  };
}

/** Messages of nothing but duplicates, of which no row was there before: other code may have kept what this one leaves out. */
function duplicatesBeside(batch: Batch, earlier: Earlier): number {
  return earlier.kind === "declared" ? batch.duplicates.length : batch.duplicates.filter((seq) => !earlier.hasMessage(seq)).length;
}

/**
 * Counts what the tables hold of a batch that took more than one try: the first may have read messages that are gone now, or had other code. Rows that a replay put in place of
 * dead letters are no part of it: the ledger counts those as dead letters (docs/dead-letters.md).
 */
async function countRows(clickhouse: ClickHouse, batch: Batch, duplicates: number): Promise<Counts> {
  const [row] = await clickhouse.rows<Record<Exclude<keyof Counts, "duplicates" | "received">, string>>({
    name: "Rows of a recovered batch",
    sql: `WITH d AS (SELECT seq, idx, stored_at FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}),
               replays AS (SELECT seq, arrayJoin(range(idx, idx + event_rows)) FROM dead_letter_resolutions
                           WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
                             AND resolution IN ('declared', 'replayed') AND (seq, idx) IN (SELECT seq, idx FROM d)),
               e AS (SELECT seq, stored_at FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
                       AND (seq, idx) NOT IN replays)
          SELECT (SELECT uniqExact(seq) FROM e) AS inserted, (SELECT count() FROM e) AS event_rows, (SELECT count() FROM d) AS dead_letter_rows,
                 (SELECT uniqExact(seq) FROM d WHERE seq NOT IN (SELECT seq FROM e)) AS dead_lettered,
                 (SELECT (toUnixTimestamp64Micro(min(stored_at)), toUnixTimestamp64Micro(max(stored_at))) FROM (SELECT stored_at FROM e UNION ALL SELECT stored_at FROM d)) AS stored,
                 stored.1 AS stored_from, stored.2 AS stored_to`,
    params: rangeParams(batch),
  });
  const inserted = Number(row?.inserted);
  const deadLettered = Number(row?.dead_lettered);
  const hasRows = inserted + deadLettered > 0;
  return {
    received: inserted + deadLettered + duplicates,
    inserted,
    dead_lettered: deadLettered,
    duplicates,
    event_rows: Number(row?.event_rows),
    dead_letter_rows: Number(row?.dead_letter_rows),
    stored_from: hasRows ? Number(row?.stored_from) : batch.storedFrom,
    stored_to: hasRows ? Number(row?.stored_to) : batch.storedTo,
  };
}

function ledgerRow(context: CommitContext, batch: Batch, counts: Counts, previousChain: string): LedgerRow {
  const facts = {
    stream: batch.lane.stream,
    epoch: batch.lane.epoch,
    generation: context.generation,
    first: batch.first,
    last: batch.last,
    ...counts,
    missing: batch.last - batch.first + 1 - counts.received,
    bytes: batch.bytes,
    digest: batch.digest,
  };
  return { ...facts, chain: chainOf(previousChain, facts), code: context.code, worker: context.worker, inserted_at: Date.now() * 1_000 };
}
