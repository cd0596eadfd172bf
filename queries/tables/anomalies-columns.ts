import type { AnomaliesAnswer } from "../signals/anomalies.ts";
import { flags, numbers, texts, times, type Columns } from "./columns.ts";
import { seriesColumns } from "./series-columns.ts";

/** Every bucket of every series as columns, for files. */
export function anomaliesColumns({ groupBy, series }: AnomaliesAnswer): Columns {
  const rows = series.flatMap((each) => each.points.map((point) => ({ ...point, group: each.group, output: each.output })));
  return {
    start: times(rows.map(({ start }) => start)),
    end: times(rows.map(({ end }) => end)),
    state: texts(rows.map(({ state }) => state)),
    partial: flags(rows.map(({ partial }) => partial)),
    ...seriesColumns(rows, groupBy),
    value: numbers(rows.map(({ value }) => value)),
    expected: numbers(rows.map(({ expected }) => expected)),
    low: numbers(rows.map(({ low }) => low)),
    high: numbers(rows.map(({ high }) => high)),
    score: numbers(rows.map(({ score }) => score)),
    verdict: texts(rows.map(({ verdict }) => verdict)),
  };
}
