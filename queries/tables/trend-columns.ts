import type { TrendAnswer } from "../trends/trend-answer.ts";
import { flags, measured, nameFor, numbers, texts, times, type Column, type Columns } from "./columns.ts";
import { dimensionColumns } from "./series-columns.ts";

/** The columns of an answer's rows: the bucket, then the dimensions (and whether it is all other groups), then the values, then those of the other period. */
export function trendColumns({ comparedWith, groupBy, outputs, rows }: TrendAnswer): Columns {
  const columns: Record<string, Column> = {
    start: times(rows.map(({ start }) => start)),
    end: times(rows.map(({ end }) => end)),
    state: texts(rows.map(({ state }) => state)),
    partial: flags(rows.map(({ partial }) => partial)),
    ...dimensionColumns(rows, groupBy),
  };
  if (rows.some(({ other }) => other)) columns["other"] = flags(rows.map(({ other }) => other === true));
  for (const output of outputs) columns[nameFor(columns, output)] = measured(rows.map(({ values }) => values[output] ?? null));
  if (!comparedWith) return columns;
  for (const output of outputs) {
    columns[nameFor(columns, `${output}_compared`)] = measured(rows.map(({ compared }) => compared?.values[output] ?? null));
    columns[nameFor(columns, `${output}_growth`)] = numbers(rows.map(({ compared }) => compared?.growth[output] ?? null));
  }
  return columns;
}
