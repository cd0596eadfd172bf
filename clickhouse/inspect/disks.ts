import type { ClickHouse } from "../connect.ts";

/** A disk of ClickHouse's; bytes. */
export interface DiskFacts {
  readonly name: string;
  readonly free: number;
  readonly total: number;
}

/** Asks how full ClickHouse's disks are. @throws ClickHouseFailure */
export async function inspectDisks(clickhouse: ClickHouse): Promise<readonly DiskFacts[]> {
  const rows = await clickhouse.rows<{ name: string; free: string; total: string }>({
    name: "Disks",
    sql: "SELECT name, free_space AS free, total_space AS total FROM system.disks WHERE total_space > 0 ORDER BY name",
  });
  return rows.map(({ free, name, total }) => ({ name, free: Number(free), total: Number(total) }));
}
