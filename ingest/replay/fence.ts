import { identifier, literal, type ClickHouse, type ClickHouseFailure } from "../../clickhouse/index.ts";

const FENCE = "replay_fence";
/** Discarding a dead letter adds no rows that anything counts: it may go on behind the fence. */
const FREE_OF = new Map([["dead_letter_resolutions", " OR resolution = 'discarded'"]]);
/** How long it stands. A worker that sleeps through a switch must wake within it; a day is also what recovery trusts tokens for. */
const FENCE_SECONDS = 86_400;

/** A table whose rows say which sequence they come from, and the column that does. */
interface FencedTable {
  readonly table: string;
  readonly place: "seq" | "first";
}

/**
 * Lets the tables of a database refuse rows at or before what its ledger holds. A worker that was cut off from its lane in the middle of a batch inserts by name:
 * after an exchange it would reach tables that know its messages under other tokens, and doubles them. A check costs a comparison a row, and ends by itself.
 */
export async function raiseFence(clickhouse: ClickHouse): Promise<void> {
  const ends = await clickhouse.rows<{ stream: string; epoch: string; last: string }>({
    name: "Ends of the ledger",
    sql: "SELECT stream, epoch, max(l.last) AS last FROM ingest_ledger AS l GROUP BY stream, epoch ORDER BY stream, epoch",
  });
  if (ends.length === 0) return;
  const cases = ends.map(({ epoch, last, stream }) => `stream = ${literal(stream)} AND epoch = ${epoch}, ${last}`).join(", ");
  const until = Math.floor(Date.now() / 1_000) + FENCE_SECONDS;
  for (const { place, table } of await fencedTables(clickhouse, false)) {
    await clickhouse.command({
      name: `Fence ${table}`,
      sql: `ALTER TABLE ${identifier(table)} DROP CONSTRAINT IF EXISTS ${FENCE},
            ADD CONSTRAINT ${FENCE} CHECK ${place} > multiIf(${cases}, 0)${FREE_OF.get(table) ?? ""} OR now() >= toDateTime(${until})`,
    });
  }
}

/** Whether ClickHouse refused an insert because of the fence. Only its own text names the constraint: a failure's message has nothing that a server quotes. */
export function isBehindFence(failure: ClickHouseFailure): boolean {
  return failure.serverText.includes(FENCE);
}

/** Takes the fence away, for a database that lost rows and must be filled again. Asks first: a worker need not have the right to alter tables. */
export async function dropFence(clickhouse: ClickHouse): Promise<void> {
  for (const { table } of await fencedTables(clickhouse, true)) {
    await clickhouse.command({ name: `Open ${table}`, sql: `ALTER TABLE ${identifier(table)} DROP CONSTRAINT IF EXISTS ${FENCE}` });
  }
}

async function fencedTables(clickhouse: ClickHouse, standing: boolean): Promise<FencedTable[]> {
  return clickhouse.rows<FencedTable>({
    name: "Tables with sequences",
    sql: `SELECT t.name AS table, if(countIf(c.name = 'seq') > 0, 'seq', 'first') AS place
          FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
          WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree' AND (NOT {standing:Bool} OR position(t.create_table_query, {fence:String}) > 0)
          GROUP BY t.name HAVING countIf(c.name IN ('stream', 'epoch')) = 2 AND countIf(c.name IN ('seq', 'first')) > 0 ORDER BY t.name`,
    params: { standing, fence: FENCE },
  });
}
