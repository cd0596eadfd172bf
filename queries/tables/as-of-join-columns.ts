import type { AsOfJoinAnswer } from "../market/as-of-join.ts";
import { dimension, nameFor, texts, times, type Column, type Columns } from "./columns.ts";

/** A row for each event: its own fields by their names, then those of the event that was found, after "found_". */
export function asOfJoinColumns({ fields, lookUpFields, rows }: AsOfJoinAnswer): Columns {
  const columns: Record<string, Column> = {
    time: times(rows.map(({ time }) => time)),
    instrument: dimension(rows.map(({ instrument }) => instrument)),
    event_id: texts(rows.map(({ id }) => id)),
  };
  for (const field of fields) columns[nameFor(columns, field)] = dimension(rows.map((row) => row.fields[field] ?? null));
  columns[nameFor(columns, "found_time")] = times(rows.map(({ found }) => found?.time ?? null));
  columns[nameFor(columns, "found_event_id")] = texts(rows.map(({ found }) => found?.id ?? null));
  for (const field of lookUpFields)
    columns[nameFor(columns, `found_${field}`)] = dimension(rows.map(({ found }) => found?.fields[field] ?? null));
  return columns;
}
