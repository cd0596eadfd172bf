import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LedgerFacts } from "./read-ledger.ts";

/** How the tables differ from what the ledger counts. */
export interface TableCheck {
  /** Rows the ledger counts and the tables lack. */
  readonly missing: number;
  /** Rows that stand twice, or both as event and as dead letter. */
  readonly doubled: number;
  /** Rows that the ledger does not count: more than a batch has, or between two batches. */
  readonly uncounted: number;
}

/** Sequences checked by one query: exact distinct counts of a million rows take some 50 MB on the server. */
const SEQUENCES_A_QUERY = 1_000_000;

/**
 * Compares, batch by batch, the rows of `events` and `dead_letters` with ledger rows of one lane.
 * @param batches ordered by sequence, some thousands at most
 * @param end last sequence of the batches before these: what lies between it and the first of these is in no batch
 * @param onProblem called with a sentence for everything that is wrong
 */
export async function checkTables(
  clickhouse: ClickHouse,
  batches: readonly LedgerFacts[],
  end: number,
  onProblem: (problem: string) => void,
): Promise<TableCheck> {
  const sum = { missing: 0, doubled: 0, uncounted: 0 };
  let before = end;
  for (const part of parts(batches)) {
    const found = await checkPart(clickhouse, part, before, onProblem);
    sum.missing += found.missing;
    sum.doubled += found.doubled;
    sum.uncounted += found.uncounted;
    before = Math.max(before, ...part.map(({ last }) => last));
  }
  return sum;
}

function parts(batches: readonly LedgerFacts[]): LedgerFacts[][] {
  const result: LedgerFacts[][] = [];
  let span = 0;
  for (const row of batches) {
    if (result.length === 0 || span >= SEQUENCES_A_QUERY) {
      result.push([]);
      span = 0;
    }
    result.at(-1)?.push(row);
    span += row.last - row.first + 1;
  }
  return result;
}

async function checkPart(
  clickhouse: ClickHouse,
  part: readonly LedgerFacts[],
  end: number,
  onProblem: (problem: string) => void,
): Promise<TableCheck> {
  const counts = await countRows(clickhouse, part, end);
  const sum = { missing: 0, doubled: 0, uncounted: 0 };
  for (const row of part) {
    const found = counts.get(row.first) ?? NOTHING;
    const lacking = Math.max(0, row.event_rows - found.events) + Math.max(0, row.dead_letter_rows - found.deadLetters);
    const twice = found.eventRows - found.events + found.deadLetterRows - found.deadLetters + found.both;
    const more = Math.max(0, found.events - row.event_rows) + Math.max(0, found.deadLetters - row.dead_letter_rows);
    sum.missing += lacking;
    sum.doubled += twice;
    sum.uncounted += more;
    const where = `${row.stream} ${row.first}-${row.last}`;
    if (lacking > 0) onProblem(`${where}: ${lacking} rows that the ledger counts are missing.`);
    if (twice > 0) onProblem(`${where}: ${twice} rows stand twice.`);
    if (more > 0) onProblem(`${where}: ${more} rows more than the ledger counts.`);
  }
  const firsts = new Set(part.map(({ first }) => first));
  for (const [from, { deadLetterRows, eventRows }] of counts) {
    if (firsts.has(from)) continue;
    sum.uncounted += eventRows + deadLetterRows;
    onProblem(`${part[0]?.stream} from ${from} on: ${eventRows + deadLetterRows} rows are in no batch.`);
  }
  return sum;
}

interface RangeCounts {
  /** Rows, and distinct (seq, idx), of each table. */
  readonly eventRows: number;
  readonly events: number;
  readonly deadLetterRows: number;
  readonly deadLetters: number;
  /** (seq, idx) found in both. */
  readonly both: number;
}

const NOTHING: RangeCounts = { eventRows: 0, events: 0, deadLetterRows: 0, deadLetters: 0, both: 0 };

/**
 * Counts the rows of each batch by its first sequence, and the rows of each gap by the gap's.
 * ClickHouse takes the bounds from the ledger itself: as a bound value, thousands of them would be too long for a URL.
 */
async function countRows(clickhouse: ClickHouse, part: readonly LedgerFacts[], end: number): Promise<Map<number, RangeCounts>> {
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
                 countIf(e > 0 AND d > 0) AS both
          FROM (
            SELECT (seq, idx) AS key, countIf(kind = 'event') AS e, countIf(kind = 'dead letter') AS d
            FROM (
              SELECT seq, idx, 'event' AS kind FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {from:UInt64} AND {to:UInt64}
              UNION ALL
              SELECT seq, idx, 'dead letter' AS kind FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {from:UInt64} AND {to:UInt64}
            )
            GROUP BY key
          )
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
  return new Map(
    rows.map((row) => [
      Number(row.first),
      {
        eventRows: Number(row.eventRows),
        events: Number(row.events),
        deadLetterRows: Number(row.deadLetterRows),
        deadLetters: Number(row.deadLetters),
        both: Number(row.both),
      },
    ]),
  );
}
