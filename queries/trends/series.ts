import type { DimensionColumn, MeasureOutput } from "../../clickhouse/index.ts";
import { readDimension } from "./dimension-filter.ts";
import type { Cell } from "./fill.ts";
import type { DimensionValue } from "./trend-request.ts";

/** A row as the statement of a trend returns it. */
export type ResultRow = Readonly<Record<string, DimensionValue>>;

/** The buckets of one combination of the dimensions' values. */
export interface Series {
  /** Values of the dimensions, in the order grouped by. */
  readonly group: readonly DimensionValue[];
  /** For each output of the measure a cell for each bucket. */
  readonly cells: readonly Cell[][];
}

/**
 * Sorts rows into series, one for each combination of dimensions; without dimensions there is one series, even of no rows at all.
 * @param starts starts of the buckets, microseconds
 */
export function collectSeries(
  rows: readonly ResultRow[],
  dimensions: readonly DimensionColumn[],
  outputs: readonly MeasureOutput[],
  starts: readonly number[],
): Series[] {
  const places = new Map(starts.map((start, index) => [start, index]));
  const series = new Map<string, Series>();
  const seriesOf = (group: readonly DimensionValue[]): Series => {
    const key = JSON.stringify(group);
    const found = series.get(key) ?? { group, cells: outputs.map(() => Array.from<Cell>({ length: starts.length })) };
    series.set(key, found);
    return found;
  };
  if (dimensions.length === 0) seriesOf([]);
  for (const row of rows) {
    const { cells } = seriesOf(dimensions.map((dimension, index) => readDimension(dimension, row[`g${index}`] ?? null)));
    const place = places.get(Number(row["start"]));
    if (place === undefined)
      throw new Error(`ClickHouse answered a bucket that begins at ${String(row["start"])}, which is none of the grid.`);
    for (const [index, output] of outputs.entries()) {
      const column = cells[index];
      if (column) column[place] = readValue(output, row[`v${index}`]);
    }
  }
  return [...series.values()].sort((a, b) => compareGroups(a.group, b.group));
}

/** 64-bit counts come as text; -0 and 0 are one number. */
function readValue({ type }: MeasureOutput, value: DimensionValue | undefined): number | string | null {
  if (value === null || value === undefined || typeof value === "boolean") return null;
  return type === "Nullable(String)" ? value : Number(value) + 0;
}

/** Numbers by size, texts by code unit, and null last: the same order whatever the locale. */
function compareGroups(a: readonly DimensionValue[], b: readonly DimensionValue[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null;
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -1 : 1;
  }
  return 0;
}
