import type { ChangesAnswer } from "../signals/changes.ts";
import { numbers, times, type Columns } from "./columns.ts";
import { seriesColumns } from "./series-columns.ts";

/** Every change as columns, for files. */
export function changesColumns({ groupBy, series }: ChangesAnswer): Columns {
  const rows = series.flatMap((each) => each.changes.map((change) => ({ ...change, group: each.group, output: each.output })));
  return {
    at: times(rows.map(({ at }) => at)),
    ...seriesColumns(rows, groupBy),
    before: numbers(rows.map(({ before }) => before)),
    after: numbers(rows.map(({ after }) => after)),
    difference: numbers(rows.map(({ difference }) => difference)),
    growth: numbers(rows.map(({ growth }) => growth)),
    score: numbers(rows.map(({ score }) => score)),
  };
}
