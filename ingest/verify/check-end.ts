import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneValue } from "../../jetstream/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { Finding } from "./finding.ts";

/** Where the ledger of a lane ends, and what lies beyond. */
export interface LedgerEnd {
  readonly lane: LaneIdentity;
  /** Whether the tables know no later incarnation of the stream. */
  readonly isNewest: boolean;
  /** Last sequence of the ledger; 0 = it has no row of this lane. */
  readonly end: number;
  /** Rows of `events` and `dead_letters` after the end, and the last sequence of them. */
  readonly beyond: { readonly rows: number; readonly last: number };
  /** The lane's checkpoint, read after all the rest; undefined = there is none, or nobody asked. */
  readonly checkpoint: LaneValue | undefined;
}

/** What the rows beyond the ledger's end are. */
export interface EndCheck {
  /** Rows of a batch under way, whose ledger row is still to come. */
  readonly pending: number;
  /** Rows that no batch accounts for. */
  readonly uncounted: number;
  readonly finding: Finding | undefined;
}

/** Counts the rows of a lane after a sequence. */
export async function countBeyond(clickhouse: ClickHouse, lane: LaneIdentity, end: number): Promise<LedgerEnd["beyond"]> {
  const [found] = await clickhouse.rows<{ rows: string; last: string }>({
    name: "Rows beyond the ledger",
    sql: `SELECT count() AS rows, max(seq) AS last
          FROM (
            SELECT seq FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq > {end:UInt64}
            UNION ALL
            SELECT seq FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq > {end:UInt64}
          )`,
    params: { stream: lane.stream, epoch: String(lane.epoch), end: String(end) },
  });
  return { rows: Number(found?.rows ?? 0), last: Number(found?.last ?? 0) };
}

/**
 * Judges the end of a ledger. Rows may be ahead of it by the one batch that is under way, which the checkpoint declares; without a checkpoint, any rows after
 * the end of the newest incarnation may be that batch. The ledger must not be behind what the checkpoint says is committed: then rows of it are gone.
 */
export function checkEnd({ beyond, checkpoint, end, isNewest, lane }: LedgerEnd): EndCheck {
  const own = checkpoint?.epoch === lane.epoch ? checkpoint : undefined;
  const wrong = (last: number, what: string): EndCheck => ({ pending: 0, uncounted: beyond.rows, finding: { first: end + 1, last, what } });
  if (own && own.committed > end) {
    const lost = `the ledger ends at ${end}, but its checkpoint says that all up to ${own.committed} is in: rows of the ledger are lost.`;
    return wrong(own.committed, lost);
  }
  const isUnderWay = checkpoint ? own?.intent?.first === end + 1 && beyond.last <= own.intent.last : isNewest && end > 0;
  if (beyond.rows === 0 || isUnderWay) return { pending: beyond.rows, uncounted: 0, finding: undefined };
  if (end === 0)
    return wrong(beyond.last, `${beyond.rows} rows, but the ledger has none: it is lost, or the very first batch is under way.`);
  return wrong(beyond.last, `${beyond.rows} rows after the ledger's end at ${end} are in no batch.`);
}
