import type { TrendAnswer } from "../../queries/index.ts";
import { nameFor, type Columns, type ColumnValue } from "./columns-file.ts";

/** The columns of an answer's rows: the bucket, then the dimensions (and whether it is all other groups), then the values, then those of the other period. */
export function trendColumns(answer: TrendAnswer): Columns {
  const { comparedWith, groupBy, outputs, rows } = answer;
  const columns: Record<string, ColumnValue[]> = {
    start: rows.map(({ start }) => start),
    end: rows.map(({ end }) => end),
    state: rows.map(({ state }) => state),
    partial: rows.map(({ partial }) => partial),
  };
  for (const dimension of groupBy) columns[dimension] = rows.map(({ group }) => group[dimension] ?? null);
  if (rows.some(({ other }) => other)) columns["other"] = rows.map(({ other }) => other === true);
  // A metric may be called as a dimension is.
  for (const output of outputs) columns[nameFor(columns, output)] = rows.map(({ values }) => values[output] ?? null);
  if (!comparedWith) return columns;
  for (const output of outputs) {
    columns[nameFor(columns, `${output}_compared`)] = rows.map(({ compared }) => compared?.values[output] ?? null);
    columns[nameFor(columns, `${output}_growth`)] = rows.map(({ compared }) => compared?.growth[output] ?? null);
  }
  return columns;
}
