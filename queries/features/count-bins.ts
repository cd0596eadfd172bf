import type { ClickHouse } from "../../clickhouse/index.ts";
import type { FeatureStatistics } from "./manifest.ts";

/**
 * Counts values by bins: one up to and with each edge, above the one before it, and one above the last. Both ends are open, so that every value lies in a bin.
 * @param edges of each column, ascending
 */
export async function countBins(
  clickhouse: ClickHouse,
  table: string,
  columns: readonly string[],
  edges: readonly (readonly number[])[],
): Promise<number[][]> {
  const bins = columns.map((column, index) => {
    const above = (edge: number): string => `${column} > {edges_${index}:Array(Float64)}[${edge}]`;
    const own = Array.from({ length: (edges[index]?.length ?? 0) + 1 }, (_, bin) => {
      const ends = [...(bin === 0 ? [] : [above(bin)]), ...(bin === edges[index]?.length ? [] : [`NOT (${above(bin + 1)})`])];
      return `countIf(${column} IS NOT NULL${ends.map((end) => ` AND ${end}`).join("")})`;
    });
    return `[${own.join(", ")}] AS bins_${index}`;
  });
  const [row] = await clickhouse.rows<Record<string, readonly number[]>>({
    name: "Count the features' bins",
    sql: `SELECT ${bins.join(",\n  ")} FROM ${table}`,
    params: Object.fromEntries(edges.map((own, index) => [`edges_${index}`, own])),
    settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return columns.map((_, index) => [...(row?.[`bins_${index}`] ?? [])]);
}

/** Counts values by texts, and all others together. */
export async function countTexts(
  clickhouse: ClickHouse,
  table: string,
  column: string,
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
