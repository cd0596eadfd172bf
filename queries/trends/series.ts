import type { DimensionColumn, MeasureOutput } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
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

/** Most rows of an answer, which is held in memory. */
export const MOST_ROWS = 250_000;

/**
 * Sorts rows into series, one for each combination of dimensions; without dimensions there is one series, even of no rows at all.
 * @param starts starts of the buckets, microseconds
 * @throws QueryError if series times buckets are more than {@link MOST_ROWS}
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
    const found = series.get(key);
    if (found) return found;
    checkSize((series.size + 1) * starts.length);
    const added = { group, cells: outputs.map(() => Array.from<Cell>({ length: starts.length })) };
    series.set(key, added);
    return added;
  };
  checkSize(rows.length);
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

function checkSize(rows: number): void {
  if (rows <= MOST_ROWS) return;
  throw new QueryError(
    `The answer has more than ${MOST_ROWS.toLocaleString("en")} rows: choose a coarser grain, a shorter range, or a filter on what is grouped by.`,
  );
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
