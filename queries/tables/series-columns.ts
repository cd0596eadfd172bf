import type { DimensionValue } from "../../model/index.ts";
import { dimension, texts, type Columns } from "./columns.ts";

/** A row of a series. */
interface SeriesRow {
  readonly group: Readonly<Record<string, DimensionValue>>;
  readonly output: string;
}

/** A column for each dimension, and one for the output of the measure. */
export function seriesColumns(rows: readonly SeriesRow[], groupBy: readonly string[]): Columns {
  return { ...dimensionColumns(rows, groupBy), output: texts(rows.map(({ output }) => output)) };
}

/** A column for each dimension. */
export function dimensionColumns(rows: readonly Pick<SeriesRow, "group">[], groupBy: readonly string[]): Record<string, Columns[string]> {
  return Object.fromEntries(groupBy.map((ref) => [ref, dimension(rows.map(({ group }) => group[ref] ?? null))]));
}
