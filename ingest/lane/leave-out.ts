import { chainOf, encodeLedgerRow, LEDGER_COLUMNS, LEFT_OUT, readLedgerEnd } from "../ledger.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { LaneContext } from "./lane-context.ts";

/**
 * Begins the ledger of a lane that is replayed from later than its first sequence with one row for all that is left out, so that its ranges follow one another
 * from 1 on as ever. A lane that has a ledger keeps it: the replay goes on where it stopped.
 * @param last the last sequence left out
 */
export async function leaveOut({ clickhouse, code, project, worker }: LaneContext, lane: LaneIdentity, last: number): Promise<void> {
  const { committed } = await readLedgerEnd(clickhouse, lane);
  if (committed > 0) return;
  const counts = { received: 0, inserted: 0, dead_lettered: 0, duplicates: 0, missing: last, event_rows: 0, dead_letter_rows: 0, bytes: 0 };
  const facts = { ...lane, generation: 1, first: 1, last, ...counts, digest: LEFT_OUT };
  const row = { ...facts, stored_from: 0, stored_to: 0, chain: chainOf("", facts), code, worker, inserted_at: Date.now() * 1_000 };
  await clickhouse.insert({
    table: "ingest_ledger",
    columns: LEDGER_COLUMNS,
    format: "JSONEachRow",
    body: encodeLedgerRow(row),
    token: `${project.name}/${lane.stream}/${lane.epoch}/1/1-${last}`,
  });
}
