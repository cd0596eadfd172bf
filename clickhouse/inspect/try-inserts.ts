import type { ClickHouse } from "../connect.ts";
import { ClickHouseFailure } from "../errors.ts";

/** What came of an insert of no rows. */
export interface InsertTrial {
  readonly table: string;
  /** Undefined = ClickHouse took it. */
  readonly failure: ClickHouseFailure | undefined;
}

/** Tables a worker inserts into, and a column that each has. */
const TABLES = ["events", "dead_letters", "ingest_ledger"];
const COLUMN = "stream";

/**
 * Inserts no rows into each table, as a worker does it: the permission, the table and every setting that goes with an insert are then known to be accepted, and
 * nothing is added, no part made, no token remembered (tried on 26.7).
 */
export async function tryInserts(clickhouse: ClickHouse): Promise<readonly InsertTrial[]> {
  const trials: InsertTrial[] = [];
  for (const table of TABLES) {
    const insert = { table, columns: [COLUMN], format: "RowBinary", body: new Uint8Array(0), token: "hydrograph doctor" };
    const failure = await clickhouse.insert(insert).then(
      () => undefined,
      (error: unknown) => (error instanceof ClickHouseFailure ? error : new ClickHouseFailure("retry", String(error))),
    );
    trials.push({ table, failure });
  }
  return trials;
}
