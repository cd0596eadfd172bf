import type * as apacheArrow from "apache-arrow";
import type { DataType, Int32 as Int32Type, Table, Utf8 as Utf8Type, Vector } from "apache-arrow";
import { columnsOf, type RowsAnswer } from "./columns-of.ts";
import type { Column, ColumnValue } from "./columns.ts";

type Arrow = typeof apacheArrow;

/**
 * The rows of an answer as an Arrow table, with the columns of `--format arrow`: moments are timestamps in milliseconds with the answer's zone, groups, states and other words dictionaries, the rest doubles
 * and booleans. The types of columns do not change with the rows, but for those of dimensions, which are typed as their values (words if there are none).
 *
 * ```ts
 * const table = await toArrow(await trend(clickhouse, project, { metric: orders, range: "30d", grain: "day" }));
 * await writeFile("orders.arrow", tableToIPC(table, "file"));
 * ```
 */
export async function toArrow(answer: RowsAnswer): Promise<Table> {
  // Loaded here: it takes 170 ms, and only this needs it.
  const arrow = await import("apache-arrow");
  const columns = Object.entries(columnsOf(answer));
  const vectors = columns.map(([name, column]): [string, Vector] => [name, vectorOf(arrow, column, answer.timezone)]);
  return columns[0]?.[1].values.length === 0 ? emptyTable(arrow, vectors) : new arrow.Table(Object.fromEntries(vectors));
}

/** A table without rows that has a batch of them all the same: without one its dictionaries are not written, and ClickHouse misses them. */
function emptyTable(
  { Field, makeData, RecordBatch, Schema, Struct, Table: ArrowTable }: Arrow,
  vectors: readonly (readonly [string, Vector])[],
): Table {
  const fields = vectors.map(([name, { type }]) => new Field(name, type, true));
  const children = vectors.map(([, { type, data }]) => data[0] ?? makeData({ type, length: 0 } as never));
  return new ArrowTable([new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length: 0, nullCount: 0, children }))]);
}

function vectorOf(arrow: Arrow, { type, values }: Column, zone: string): Vector {
  switch (type) {
    case "time":
      return moments(arrow, values, zone);
    case "text":
      return words(arrow, values);
    case "flag":
      return arrow.vectorFromArray(values, new arrow.Bool());
    case "number":
      return arrow.vectorFromArray(values, new arrow.Float64());
  }
}

function moments({ TimestampMillisecond, vectorFromArray }: Arrow, values: readonly ColumnValue[], zone: string): Vector {
  return vectorFromArray(
    values.map((value) => (value instanceof Date ? value.getTime() : null)),
    new TimestampMillisecond(zone),
  );
}

/** Each word once, and its place for each row; signed places, as most readers want them. */
function words({ Dictionary, Int32, makeData, Utf8, Vector: ArrowVector, vectorFromArray }: Arrow, values: readonly ColumnValue[]): Vector {
  const places = new Map<string, number>();
  const indices = new Int32Array(values.length);
  const nulls = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [row, value] of values.entries()) {
    if (value === null) {
      nullCount += 1;
      continue;
    }
    const word = value.toString();
    const place = places.get(word) ?? places.size;
    places.set(word, place);
    indices[row] = place;
    nulls[row >> 3] = (nulls[row >> 3] ?? 0) | (1 << (row & 7));
  }
  // ClickHouse refuses a dictionary without a word: one that no row has stands in.
  const dictionary = vectorFromArray(places.size === 0 ? [""] : [...places.keys()], new Utf8());
  const type = new Dictionary<DataType & Utf8Type, Int32Type>(new Utf8(), new Int32());
  return new ArrowVector([makeData({ type, length: values.length, nullCount, nullBitmap: nulls, data: indices, dictionary })]);
}
