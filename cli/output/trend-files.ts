import type { TrendAnswer } from "../../queries/index.ts";
import { columnsArrow, columnsCsv, type ColumnValue } from "./columns-file.ts";

/** The columns of an answer's rows: the bucket, then the dimensions, then the values. */
function columnsOf({ groupBy, outputs, rows }: TrendAnswer): Record<string, ColumnValue[]> {
  const columns: Record<string, ColumnValue[]> = {
    start: rows.map(({ start }) => start),
    end: rows.map(({ end }) => end),
    state: rows.map(({ state }) => state),
    partial: rows.map(({ partial }) => partial),
  };
  for (const dimension of groupBy) columns[dimension] = rows.map(({ group }) => group[dimension] ?? null);
  for (const output of outputs) columns[output] = rows.map(({ values }) => values[output] ?? null);
  return columns;
}

/** An answer as CSV (RFC 4180, line feeds), with a header; null is an empty field. */
export function trendCsv(answer: TrendAnswer): string {
  return columnsCsv(columnsOf(answer));
}

/** An answer as an Arrow IPC file: `start` and `end` as timestamps, values as doubles or text. */
export async function trendArrow(answer: TrendAnswer): Promise<Uint8Array> {
  return columnsArrow(columnsOf(answer), { start: "moment", end: "moment" });
}
