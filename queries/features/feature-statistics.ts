import type { ClickHouse } from "../../clickhouse/index.ts";
import type { FeatureStatistics } from "./manifest.ts";
import { IN_ORDER } from "./spine-table.ts";

/** A feature as a column of a table of rows in order. */
export interface MeasuredColumn {
  readonly column: string;
  /** ClickHouse type. */
  readonly type: string;
}

/** Shares at which quantiles are told. */
export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
/** Bins hold a tenth of the values each, as far as values are not equal. */
const BIN_EDGES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Texts told one by one; all others count together. */
const MOST_TEXTS = 20;

/**
 * How the values of a feature are distributed, with the bins that later values are counted in: of numbers the deciles, of texts the most frequent ones. Read in order by one thread,
 * so that the mean is the same to the last bit each time.
 */
export async function featureStatistics(
  clickhouse: ClickHouse,
  table: string,
  { column, type }: MeasuredColumn,
): Promise<FeatureStatistics> {
  if (/String/.test(type)) return textStatistics(clickhouse, table, column);
  const [row] = await clickhouse.rows<Record<string, string | number | string[] | null>>({
    name: "Measure a feature",
    sql: `SELECT count(${column}) AS values, toFloat64(min(${column})) AS least, toFloat64(max(${column})) AS greatest, avg(${column}) AS mean,
  arrayMap(x -> toFloat64(x), quantilesExactInclusive(${QUANTILES.join(", ")})(${column})) AS quantiles,
  arraySort(arrayDistinct(arrayMap(x -> toFloat64(x), quantilesExactInclusive(${BIN_EDGES.join(", ")})(${column})))) AS edges FROM ${table}`,
    settings: { ...IN_ORDER, ...AS_NUMBERS },
  });
  if (!row || Number(row["values"]) === 0)
    return { kind: "number", min: null, max: null, mean: null, quantiles: null, edges: [], counts: [0] };
  const edges = numbers(row["edges"]);
  const quantiles = numbers(row["quantiles"]);
  return {
    kind: "number",
    min: Number(row["least"]),
    max: Number(row["greatest"]),
    mean: Number(row["mean"]),
    quantiles: Object.fromEntries(QUANTILES.map((share, index) => [`p${Math.round(share * 100)}`, quantiles[index] ?? 0])),
    edges,
    counts: await countBins(clickhouse, table, { column, type }, edges),
  };
}

/** Numbers as JSON numbers, and what JSON has no number for as null. */
const AS_NUMBERS = { output_format_json_quote_64bit_integers: 0, output_format_json_quote_denormals: 0 } as const;

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/**
 * Counts values by bins: one up to and with each edge, above the one before it, and one above the last. Both ends are open, so that every value lies in a bin.
 * @param edges ascending
 */
export async function countBins(
  clickhouse: ClickHouse,
  table: string,
  { column }: MeasuredColumn,
  edges: readonly number[],
): Promise<number[]> {
  const bin = edges.length === 0 ? "0" : edges.map((_, index) => `(${column} > {edges:Array(Float64)}[${index + 1}])`).join(" + ");
  const rows = await clickhouse.rows<{ bin: number; values: string }>({
    name: "Count a feature's bins",
    sql: `SELECT toUInt32(${bin}) AS bin, count() AS values FROM ${table} WHERE ${column} IS NOT NULL GROUP BY bin`,
    params: { edges },
  });
  const found = new Map(rows.map((row) => [row.bin, Number(row.values)]));
  return Array.from({ length: edges.length + 1 }, (_, index) => found.get(index) ?? 0);
}

async function textStatistics(clickhouse: ClickHouse, table: string, column: string): Promise<FeatureStatistics> {
  const rows = await clickhouse.rows<{ text: string; values: string }>({
    name: "Measure a feature",
    sql: `SELECT ${column} AS text, count() AS values FROM ${table} WHERE text IS NOT NULL GROUP BY text ORDER BY values DESC, text LIMIT ${MOST_TEXTS}`,
  });
  const texts = rows.map(({ text }) => text);
  return { kind: "text", ...(await countTexts(clickhouse, table, { column, type: "String" }, texts)) };
}

/** Counts values by texts, and all others together. */
export async function countTexts(
  clickhouse: ClickHouse,
  table: string,
  { column }: MeasuredColumn,
  texts: readonly string[],
): Promise<Omit<Extract<FeatureStatistics, { kind: "text" }>, "kind">> {
  const rows = await clickhouse.rows<{ place: number; values: string; distinct: string }>({
    name: "Count a feature's texts",
    sql: `SELECT toUInt32(indexOf({texts:Array(String)}, assumeNotNull(${column}))) AS place, count() AS values, uniqExact(${column}) AS distinct
FROM ${table} WHERE ${column} IS NOT NULL GROUP BY place`,
    params: { texts },
  });
  const found = new Map(rows.map(({ place, values }) => [place, Number(values)]));
  return {
    texts: texts.map((text, index) => ({ text, count: found.get(index + 1) ?? 0 })),
    others: found.get(0) ?? 0,
    distinct: rows.reduce((all, { distinct }) => all + Number(distinct), 0),
  };
}
