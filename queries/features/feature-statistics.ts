import type { ClickHouse } from "../../clickhouse/index.ts";
import { countBins, countTexts } from "./count-bins.ts";
import type { FeatureStatistics } from "./manifest.ts";
import { IN_ORDER } from "./spine-table.ts";

/** A feature as a column of a table of rows in order. */
export interface MeasuredColumn {
  readonly column: string;
  /** ClickHouse type. */
  readonly type: string;
}

/** Shares at which quantiles are told. */
const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
/** Bins hold a tenth of the values each, as far as values are not equal. */
const BIN_EDGES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Texts told one by one; all others count together. */
const MOST_TEXTS = 20;

/** Values of all columns that one statement holds in memory at most, for exact quantiles. */
const VALUES_AT_ONCE = 20_000_000;
const MOST_COLUMNS = 50;

/**
 * How the values of features are distributed, with the bins that later values are counted in: of numbers the deciles, of texts the most frequent ones. Read in order by one thread,
 * so that the mean is the same to the last bit each time.
 * @param rows of the table
 * @returns by column
 */
export async function featureStatistics(
  clickhouse: ClickHouse,
  table: string,
  columns: readonly MeasuredColumn[],
  rows: number,
): Promise<ReadonlyMap<string, FeatureStatistics>> {
  const found = new Map<string, FeatureStatistics>();
  const numeric = columns.filter(({ type }) => !/String/.test(type)).map(({ column }) => column);
  const atOnce = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(VALUES_AT_ONCE / rows)));
  for (let from = 0; from < numeric.length; from += atOnce) {
    const some = numeric.slice(from, from + atOnce);
    const statistics = await numberStatistics(clickhouse, table, some);
    for (const [index, column] of some.entries()) found.set(column, statistics[index] ?? NO_NUMBERS);
  }
  for (const { column } of columns.filter(({ type }) => /String/.test(type))) {
    found.set(column, await textStatistics(clickhouse, table, column));
  }
  return found;
}

const NO_NUMBERS: FeatureStatistics = { kind: "number", min: null, max: null, mean: null, quantiles: null, edges: [], counts: [0] };

type Measured = Readonly<Record<string, number | readonly number[]>>;

async function numberStatistics(clickhouse: ClickHouse, table: string, columns: readonly string[]): Promise<FeatureStatistics[]> {
  const measures = columns.map(
    (
      column,
      index,
    ) => `count(${column}) AS values_${index}, toFloat64(min(${column})) AS min_${index}, toFloat64(max(${column})) AS max_${index},
  avg(${column}) AS mean_${index}, ${quantilesOf(column, QUANTILES)} AS quantiles_${index}, arraySort(arrayDistinct(${quantilesOf(column, BIN_EDGES)})) AS edges_${index}`,
  );
  const [row] = await clickhouse.rows<Measured>({
    name: "Measure the features",
    sql: `SELECT ${measures.join(",\n  ")} FROM ${table}`,
    settings: { ...IN_ORDER, output_format_json_quote_64bit_integers: 0 },
  });
  const edges = columns.map((_, index) => (row?.[`values_${index}`] === 0 ? [] : numbers(row?.[`edges_${index}`])));
  const counts = await countBins(clickhouse, table, columns, edges);
  return columns.map((_, index) => {
    if (!row || row[`values_${index}`] === 0) return NO_NUMBERS;
    const quantiles = numbers(row[`quantiles_${index}`]);
    return {
      kind: "number",
      min: Number(row[`min_${index}`]),
      max: Number(row[`max_${index}`]),
      mean: Number(row[`mean_${index}`]),
      quantiles: Object.fromEntries(QUANTILES.map((share, place) => [`p${Math.round(share * 100)}`, quantiles[place] ?? 0])),
      edges: edges[index] ?? [],
      counts: counts[index] ?? [],
    };
  });
}

function quantilesOf(column: string, shares: readonly number[]): string {
  return `arrayMap(x -> toFloat64(x), quantilesExactInclusive(${shares.join(", ")})(${column}))`;
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

async function textStatistics(clickhouse: ClickHouse, table: string, column: string): Promise<FeatureStatistics> {
  const rows = await clickhouse.rows<{ text: string; values: string }>({
    name: "Measure a feature",
    sql: `SELECT ${column} AS text, count() AS values FROM ${table} WHERE text IS NOT NULL GROUP BY text ORDER BY values DESC, text LIMIT ${MOST_TEXTS}`,
  });
  const texts = rows.map(({ text }) => text);
  return { kind: "text", ...(await countTexts(clickhouse, table, column, texts)) };
}
