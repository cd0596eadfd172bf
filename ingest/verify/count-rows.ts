import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LedgerFacts } from "./read-ledger.ts";

/** What the tables hold of a range of sequences. */
export interface RangeCounts {
  /** Rows, and distinct (seq, idx), of each table. */
  readonly eventRows: number;
  readonly events: number;
  readonly deadLetterRows: number;
  readonly deadLetters: number;
  /** (seq, idx) found in both though no replay put the event there. */
  readonly both: number;
  /** Rows of `events` that replays put in place of dead letters; `replaying`: by a replay that is under way. */
  readonly replayedRows: number;
  readonly replayingRows: number;
  /** Dead letters in whose place events are, and those that somebody discarded. */
  readonly replayed: number;
  readonly discarded: number;
}

/** Nothing in any table. */
export const NO_ROWS: RangeCounts = {
  eventRows: 0,
  events: 0,
  deadLetterRows: 0,
  deadLetters: 0,
  both: 0,
  replayedRows: 0,
  replayingRows: 0,
  replayed: 0,
  discarded: 0,
};

const IN_RANGE = "stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {from:UInt64} AND {to:UInt64}";

/**
 * Each (seq, idx) of the range with the rows that the tables hold of it. A resolution counts where its dead letter is: without one, it tells of a letter that is lost.
 * A replay is under way while it is declared and not closed.
 */
const PLACES = `SELECT (seq, idx) AS key, countIf(kind = 'event') AS e, countIf(kind = 'letter') AS d,
         maxIf(rows, kind = 'replayed') AS done, maxIf(rows, kind = 'declared') AS doing, countIf(kind = 'discarded') AS without
  FROM (
    SELECT seq, idx, resolution AS kind, event_rows AS rows FROM dead_letter_resolutions
    WHERE ${IN_RANGE} AND (resolution IN ('replayed', 'discarded') OR resolution = 'declared' AND batch NOT IN (
      SELECT batch FROM dead_letter_resolutions WHERE ${IN_RANGE} AND resolution IN ('replayed', 'released')))
    UNION ALL
    SELECT seq, idx, 'letter', 0 FROM dead_letters WHERE ${IN_RANGE}
    UNION ALL
    SELECT seq, idx, 'event', 0 FROM events WHERE ${IN_RANGE}
  )
  GROUP BY key`;

/**
 * Counts the rows of each batch by its first sequence, and the rows of each gap by the gap's.
 * ClickHouse takes the bounds from the ledger itself: as a bound value, thousands of them would be too long for a URL.
 * @param part ledger rows of one lane, ordered by sequence
 * @param end last sequence of the batches before these
 */
export async function countRows(clickhouse: ClickHouse, part: readonly LedgerFacts[], end: number): Promise<Map<number, RangeCounts>> {
  const [head] = part;
  const tail = part.at(-1);
  if (!head || !tail) return new Map();
  const rows = await clickhouse.rows<Record<keyof RangeCounts | "first", string>>({
    name: "Rows of ledger ranges",
    sql: `WITH (
            SELECT arraySort(arrayDistinct(arrayPushBack(arrayFlatten(groupArray([first, last + 1])), {from:UInt64}))) FROM ingest_ledger
            WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND first BETWEEN {head:UInt64} AND {tail:UInt64}
          ) AS bounds
          SELECT roundDown(key.1, bounds) AS first, sum(e) AS eventRows, countIf(e > 0) AS events, sum(d) AS deadLetterRows, countIf(d > 0) AS deadLetters,
                 countIf(e > 0 AND d > 0 AND done = 0 AND doing = 0) AS both,
                 sumIf(done, d > 0) AS replayedRows, sumIf(doing, d > 0 AND e > 0 AND done = 0) AS replayingRows,
                 countIf(d > 0 AND done > 0) AS replayed, countIf(d > 0 AND done = 0 AND without > 0) AS discarded
          FROM (${PLACES})
          GROUP BY first`,
    params: {
      stream: head.stream,
      epoch: String(head.epoch),
      from: String(Math.min(end + 1, head.first)),
      to: String(Math.max(...part.map(({ last }) => last))),
      head: String(head.first),
      tail: String(tail.first),
    },
  });
  return new Map(rows.map(({ first, ...counts }) => [Number(first), toNumbers(counts)]));
}

function toNumbers(counts: Record<keyof RangeCounts, string>): RangeCounts {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)])) as unknown as RangeCounts;
}
