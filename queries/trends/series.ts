import type { DimensionValue } from "../../model/index.ts";
import type { DimensionColumn, MeasureOutput } from "../../clickhouse/index.ts";
import { compareDimensions } from "../compare-dimensions.ts";
import { readDimension } from "../read-dimension.ts";
import { QueryError } from "../query-error.ts";
import type { TrendValue } from "./trend-answer.ts";
import { WHOLE_RANGE } from "./trend-sql.ts";

/** A row as the statement of a trend returns it. */
export type ResultRow = Readonly<Record<string, DimensionValue>>;

/** A value of a bucket; undefined = it had no event. */
export type Cell = TrendValue | undefined;

/** Values of the dimensions, in the order grouped by, or all the groups that are not among the top. */
export interface Group {
  readonly values: readonly DimensionValue[];
  readonly other: boolean;
}

/** What one part measured for one group. */
export interface Measured {
  readonly group: Group;
  /** For each output of the measure a cell for each bucket of the frame. */
  readonly cells: readonly Cell[][];
  /** For each output the value of the whole range. */
  readonly whole: Cell[];
}

/** Most rows of an answer, which is held in memory. */
export const MOST_ROWS = 250_000;

/** Most rows of a result: those of the answer, and as many again for the whole range and for buckets in front of it. */
export const MOST_RESULT_ROWS = 2 * MOST_ROWS;

/** Names a group among others. */
export function keyOf({ other, values }: Group): string {
  return JSON.stringify(other ? "other" : values);
}

/**
 * Sorts rows into one entry for each group.
 * @param starts starts of the frame's buckets, microseconds
 * @throws QueryError if there are more rows than an answer can have
 */
export function collectGroups(
  rows: readonly ResultRow[],
  dimensions: readonly DimensionColumn[],
  outputs: readonly MeasureOutput[],
  starts: readonly number[],
): ReadonlyMap<string, Measured> {
  if (rows.length > MOST_RESULT_ROWS) throw tooManyRows();
  const places = new Map(starts.map((start, index) => [start, index]));
  const groups = new Map<string, Measured>();
  for (const row of rows) {
    const { cells, whole } = entryOf(groups, readGroup(row, dimensions), outputs.length, starts.length);
    const target = Number(row["target"]);
    const place = places.get(target);
    if (place === undefined && target !== WHOLE_RANGE)
      throw new Error(`ClickHouse answered a bucket that begins at ${String(target)}, which is none of the grid.`);
    for (const [index, output] of outputs.entries()) {
      const value = readValue(output, row[`v${index}`]);
      if (place === undefined) whole[index] = value;
      else {
        const column = cells[index];
        if (column) column[place] = value;
      }
    }
  }
  return groups;
}

function entryOf(groups: Map<string, Measured>, group: Group, outputs: number, buckets: number): Measured {
  const key = keyOf(group);
  const found = groups.get(key);
  if (found) return found;
  checkSize(groups.size + 1, buckets);
  const cells = Array.from({ length: outputs }, () => Array.from<Cell>({ length: buckets }));
  const added = { group, cells, whole: Array.from<Cell>({ length: outputs }) };
  groups.set(key, added);
  return added;
}

/** @throws QueryError if series times buckets are more than {@link MOST_ROWS} */
export function checkSize(series: number, buckets: number): void {
  if (series * buckets > MOST_ROWS) throw tooManyRows();
}

function tooManyRows(): QueryError {
  return new QueryError(
    `The answer has more than ${MOST_ROWS.toLocaleString("en")} rows: choose a coarser grain, a shorter range, a number of top groups, or a filter on what is grouped by.`,
  );
}

/** Every group that any part knows, in order; without dimensions there is one, even of no rows at all. */
export function allGroups(parts: readonly ReadonlyMap<string, Measured>[], dimensions: number): Group[] {
  const groups = new Map<string, Group>();
  if (dimensions === 0) groups.set("[]", { values: [], other: false });
  for (const part of parts) for (const [key, { group }] of part) groups.set(key, group);
  return [...groups.values()].sort((a, b) => Number(a.other) - Number(b.other) || compareGroups(a.values, b.values));
}

function readGroup(row: ResultRow, dimensions: readonly DimensionColumn[]): Group {
  return {
    values: dimensions.map((dimension, index) => readDimension(dimension, row[`g${index}`] ?? null)),
    other: row["other"] === true || Number(row["other"]) === 1,
  };
}

/** 64-bit counts come as text; -0 and 0 are one number. */
function readValue({ type }: MeasureOutput, value: DimensionValue | undefined): TrendValue {
  if (value === null || value === undefined || typeof value === "boolean") return null;
  return type === "Nullable(String)" ? value : Number(value) + 0;
}

function compareGroups(a: readonly DimensionValue[], b: readonly DimensionValue[]): number {
  for (const [index, left] of a.entries()) {
    const order = compareDimensions(left, b[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}
