import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { RowSet } from "../batch/row-set.ts";

/** Which event of the log a row is. */
export interface RowKey {
  readonly seq: number;
  readonly idx: number;
}

/** Whether a table has the row of an event, as an event or as a dead letter. */
export type HasRow = (key: RowKey) => boolean;

/** What the tables have of a range. */
export interface RowsThere {
  readonly has: HasRow;
  /** Whether any row of a message is there. */
  readonly hasMessage: (seq: number) => boolean;
}

/** A range of a lane, both ends included. */
type Range = Pick<Batch, "lane" | "first" | "last">;

/** Asks which rows of a batch's range are in the tables. */
export async function rowsThere(clickhouse: ClickHouse, range: Range): Promise<RowsThere> {
  const rows = await clickhouse.rows<{ seq: string; idx: number }>({
    name: "Rows of a suspect batch",
    sql: `SELECT seq, idx FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
          UNION ALL
          SELECT seq, idx FROM dead_letters WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}`,
    params: rangeParams(range),
  });
  const keys = new Set(rows.map((row) => `${row.seq}/${row.idx}`));
  const messages = new Set(rows.map(({ seq }) => Number(seq)));
  return { has: ({ idx, seq }) => keys.has(`${seq}/${idx}`), hasMessage: (seq) => messages.has(seq) };
}

/** Whether each row of a batch stands in a table, as an event or as a dead letter. */
export async function areAllThere(clickhouse: ClickHouse, { deadLetters, events, ...batch }: Batch): Promise<boolean> {
  const { has } = await rowsThere(clickhouse, batch);
  return [events, deadLetters].every((rows) => keysOf(rows).every(has));
}

/** The keys of rows, in their order. */
export function keysOf(rows: RowSet): RowKey[] {
  return Array.from({ length: rows.rows }, (_, row) => rows.keyOf(row));
}

/** Bound values of a batch's range: `{stream:String}`, `{epoch:UInt64}`, `{first:UInt64}`, `{last:UInt64}`. */
export function rangeParams(range: Range): Record<string, string> {
  return { stream: range.lane.stream, epoch: String(range.lane.epoch), first: String(range.first), last: String(range.last) };
}
