import { randomUUID } from "node:crypto";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { filterCondition, type DeadLetterFilter } from "./letter-filter.ts";

/** Which letters to do without, and why. */
export interface DiscardOptions {
  readonly clickhouse: ClickHouse;
  /** Of these, those that are open. */
  readonly filter: DeadLetterFilter;
  /** Why, in the words of whoever decides; not empty. */
  readonly reason: string;
  /** Who decides. */
  readonly worker: string;
}

/**
 * Marks open dead letters as discarded. They stay where they are, bytes and all; a replay that names discarded letters still takes them.
 * @returns how many were marked
 */
export async function discardDeadLetters({ clickhouse, filter, reason, worker }: DiscardOptions): Promise<number> {
  const { params, sql } = filterCondition({ ...filter, state: "open" });
  const batch = `discard/${randomUUID()}`;
  await clickhouse.command({
    name: "Discard dead letters",
    sql: `INSERT INTO dead_letter_resolutions (stream, epoch, seq, idx, resolution, event_rows, batch, reason, code, worker, resolved_at)
          SELECT stream, epoch, seq, idx, 'discarded', 0, {batch:String}, {why:String}, '', {who:String}, fromUnixTimestamp64Micro({now:Int64})
          FROM dead_letters WHERE ${sql}`,
    params: { ...params, why: reason, who: worker, batch, now: String(Date.now() * 1_000) },
  });
  const [row] = await clickhouse.rows<{ letters: string }>({
    name: "Discarded dead letters",
    sql: "SELECT count() AS letters FROM dead_letter_resolutions WHERE batch = {batch:String}",
    params: { batch },
  });
  return Number(row?.letters ?? 0);
}
