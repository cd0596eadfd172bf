import type { ClickHouse } from "../connect.ts";

/** Table -> the most active parts that one of its partitions has. @throws ClickHouseFailure */
export async function countParts(clickhouse: ClickHouse): Promise<ReadonlyMap<string, number>> {
  const rows = await clickhouse.rows<{ table: string; most: string }>({
    name: "Parts of the tables",
    sql: `SELECT table, max(parts) AS most FROM
            (SELECT table, count() AS parts FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table, partition_id)
          GROUP BY table`,
  });
  return new Map(rows.map(({ most, table }) => [table, Number(most)]));
}
