import type { ForecastAnswer } from "../signals/forecast.ts";
import { numbers, texts, times, type Columns } from "./columns.ts";
import { seriesColumns } from "./series-columns.ts";

/** Every bucket ahead of every series as columns, for files. */
export function forecastColumns({ groupBy, series }: ForecastAnswer): Columns {
  const rows = series.flatMap(({ forecast, group, output }) =>
    forecast.points.map((point) => ({ ...point, group, output, method: forecast.method })),
  );
  return {
    start: times(rows.map(({ start }) => start)),
    end: times(rows.map(({ end }) => end)),
    ...seriesColumns(rows, groupBy),
    value: numbers(rows.map(({ value }) => value)),
    low: numbers(rows.map(({ low }) => low)),
    high: numbers(rows.map(({ high }) => high)),
    method: texts(rows.map(({ method }) => method)),
  };
}
