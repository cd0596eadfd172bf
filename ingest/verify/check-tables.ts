import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LedgerFacts } from "./check-ledger.ts";

/** How the tables differ from what the ledger counts. */
export interface TableCheck {
  readonly problems: readonly string[];
  /** Rows the ledger counts and the tables lack. */
  readonly missing: number;
  /** Rows that stand twice, or both as event and as dead letter. */
  readonly doubled: number;
}

/** Sequences checked by one query: exact distinct counts of a million rows take some 50 MB on the server. */
const SEQUENCES_A_QUERY = 1_000_000;

/** Compares, batch by batch, the rows of `events` and `dead_letters` with the ledger of one lane (ordered by sequence). */
export async function checkTables(
  clickhouse: ClickHouse,
  ledger: readonly LedgerFacts[],
  onProgress: (batches: number) => void,
): Promise<TableCheck> {
  const problems: string[] = [];
  let missing = 0;
  let doubled = 0;
  for (const part of parts(ledger)) {
    const found = await countRows(clickhouse, part);
    for (const row of part) {
      const counts = found.get(row.first) ?? NOTHING;
      const lacking = Math.max(0, row.event_rows - counts.events) + Math.max(0, row.dead_letter_rows - counts.deadLetters);
      const extra = counts.eventRows - counts.events + counts.deadLetterRows - counts.deadLetters + counts.both;
      const unknown = Math.max(0, counts.events - row.event_rows) + Math.max(0, counts.deadLetters - row.dead_letter_rows);
      missing += lacking;
      doubled += extra;
      const where = `${row.stream} ${row.first}-${row.last}`;
      if (lacking > 0) problems.push(`${where}: ${lacking} rows that the ledger counts are missing.`);
      if (extra > 0) problems.push(`${where}: ${extra} rows stand twice.`);
      if (unknown > 0) problems.push(`${where}: ${unknown} rows more than the ledger counts.`);
    }
    onProgress(part.length);
  }
  return { problems, missing, doubled };
}

function parts(ledger: readonly LedgerFacts[]): LedgerFacts[][] {
  const result: LedgerFacts[][] = [];
  let span = 0;
  for (const row of ledger) {
    if (result.length === 0 || span >= SEQUENCES_A_QUERY) {
      result.push([]);
      span = 0;
    }
    result.at(-1)?.push(row);
    span += row.last - row.first + 1;
  }
  return result;
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

async function countRows(clickhouse: ClickHouse, part: readonly LedgerFacts[]): Promise<Map<number, RangeCounts>> {
  const [head] = part;
  const tail = part.at(-1);
  if (!head || !tail) return new Map();
  const rows = await clickhouse.rows<Record<keyof RangeCounts | "first", string>>({
    name: "Rows of ledger ranges",
    sql: `SELECT roundDown(key.1, {firsts:Array(UInt64)}) AS first, sum(e) AS eventRows, countIf(e > 0) AS events, sum(d) AS deadLetterRows, countIf(d > 0) AS deadLetters,
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
      from: String(head.first),
      to: String(tail.last),
      firsts: part.map((row) => row.first),
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
