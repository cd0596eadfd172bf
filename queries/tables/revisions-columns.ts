import type { RevisionAnswer } from "../revisions/revision-request.ts";
import { measured, nameFor, numbers, times, type Column, type Columns } from "./columns.ts";
import { dimensionColumns } from "./series-columns.ts";

/** A row for each bucket and series that late events changed. */
export function revisionsColumns({ groupBy, outputs, rows }: RevisionAnswer): Columns {
  const columns: Record<string, Column> = {
    start: times(rows.map(({ start }) => start)),
    end: times(rows.map(({ end }) => end)),
    ...dimensionColumns(rows, groupBy),
  };
  for (const output of outputs) {
    const prefix = outputs.length === 1 ? "" : `${output}_`;
    columns[nameFor(columns, `${prefix}before`)] = measured(rows.map(({ before }) => before[output] ?? null));
    columns[nameFor(columns, `${prefix}now`)] = measured(rows.map(({ now }) => now[output] ?? null));
  }
  columns[nameFor(columns, "late_events")] = numbers(rows.map(({ events }) => events));
  columns[nameFor(columns, "first_at")] = times(rows.map(({ firstAt }) => firstAt));
  columns[nameFor(columns, "last_at")] = times(rows.map(({ lastAt }) => lastAt));
  return columns;
}
