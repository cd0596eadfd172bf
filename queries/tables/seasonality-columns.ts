import type { SeasonalityAnswer } from "../signals/seasonality.ts";
import { numbers, texts, type Columns } from "./columns.ts";
import { seriesColumns } from "./series-columns.ts";

/** Every period as columns, for files. */
export function seasonalityColumns({ groupBy, series }: SeasonalityAnswer): Columns {
  const rows = series.flatMap((each) => each.periods.map((period) => ({ ...period, group: each.group, output: each.output })));
  return {
    ...seriesColumns(rows, groupBy),
    buckets: numbers(rows.map(({ buckets }) => buckets)),
    season: texts(rows.map(({ season }) => season)),
    strength: numbers(rows.map(({ strength }) => strength)),
    cycles: numbers(rows.map(({ cycles }) => cycles)),
  };
}
