import type { LifecycleAnswer } from "../behaviour/lifecycle.ts";
import { numbers, texts, times, type Columns } from "./columns.ts";

/** A row for each period. */
export function lifecycleColumns({ rows }: LifecycleAnswer): Columns {
  return {
    start: times(rows.map(({ start }) => start)),
    end: times(rows.map(({ end }) => end)),
    state: texts(rows.map(({ state }) => state)),
    new: numbers(rows.map((row) => row.new)),
    returning: numbers(rows.map((row) => row.returning)),
    resurrecting: numbers(rows.map((row) => row.resurrecting)),
    dormant: numbers(rows.map((row) => row.dormant)),
  };
}
