import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneFence } from "./lane-fence.ts";

/** How far the rebuild of a rollup has come; kept in ClickHouse, so that any process can go on with it. */
export interface RebuildState {
  readonly metric: string;
  readonly rollup: string;
  /** Name of this try: a new fence is a new try. */
  readonly attempt: string;
  /** `begun`: the fence does not stand yet, so the next process begins anew. `filling`: ranges are filled in. `done`: the rollup is complete. `dropped`: given up. */
  readonly phase: "begun" | "filling" | "done" | "dropped";
  /** The table that holds the events as they were at the fence. */
  readonly clone: string;
  /** UUIDs of the tables that it is about: after an exchange others stand under their names. */
  readonly tables: { readonly events: string; readonly rollup: string; readonly view: string };
  readonly fence: readonly LaneFence[];
  /** Edges of the ranges of event time, microseconds: n + 1 for n ranges. */
  readonly edges: readonly number[];
  /** The first range that is not surely in. */
  readonly next: number;
  /** Whether that range may have been sent. */
  readonly sent: boolean;
  /** Events to read. */
  readonly events: number;
  /** Host and process that wrote this last. */
  readonly worker: string;
}

/** A state as read: how old it is. */
export interface RecordedRebuild extends RebuildState {
  readonly secondsAgo: number;
  /** Inserts into `events` since, as the ledger counts them. */
  readonly batchesSince: number;
}

const TABLE = `CREATE TABLE IF NOT EXISTS rollup_rebuilds
(
    rollup String COMMENT 'table of the rollup',
    metric LowCardinality(String),
    phase LowCardinality(String) COMMENT 'begun, filling, done or dropped',
    state String COMMENT 'JSON: fence, ranges and how far they are filled in',
    changed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY rollup
COMMENT 'hydrograph 1: rebuilds of rollups, the last of each'`;

/** Makes the table that the states are kept in. It stays with its database when tables change places with another's. */
export async function makeStates(clickhouse: ClickHouse): Promise<void> {
  await clickhouse.command({ name: "Make the table of rebuilds", sql: TABLE });
}

/** Notes how far a rebuild is. */
export async function writeState(clickhouse: ClickHouse, state: RebuildState): Promise<void> {
  await clickhouse.command({
    name: "Note how far the rebuild is",
    sql: `INSERT INTO rollup_rebuilds (rollup, metric, phase, state, changed_at)
          SELECT {rollup:String}, {metric:String}, {phase:String}, {state:String}, now64(6, 'UTC')`,
    params: { rollup: state.rollup, metric: state.metric, phase: state.phase, state: JSON.stringify(state) },
    settings: { async_insert: 0 },
  });
}

/** The last state of each rebuild; none if nothing was ever rebuilt here. */
export async function readStates(clickhouse: ClickHouse): Promise<RecordedRebuild[]> {
  const there = await clickhouse.rows({
    name: "Look for rebuilds",
    sql: "SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'rollup_rebuilds'",
  });
  if (there.length === 0) return [];
  const rows = await clickhouse.rows<{ state: string; seconds: number; batches: string }>({
    name: "Read the rebuilds",
    sql: `WITH (SELECT groupArray(inserted_at) FROM (SELECT inserted_at FROM ingest_ledger ORDER BY inserted_at DESC LIMIT 10000)) AS batches_at
          SELECT state, dateDiff('microsecond', changed_at, now64(6, 'UTC')) / 1e6 AS seconds, arrayCount(at -> at >= changed_at, batches_at) AS batches
          FROM rollup_rebuilds FINAL ORDER BY metric, rollup`,
  });
  return rows.map(({ batches, seconds, state }) => ({
    ...(JSON.parse(state) as RebuildState),
    secondsAgo: seconds,
    batchesSince: Number(batches),
  }));
}

/** Rebuilds that were begun and have not ended. */
export async function unfinishedRebuilds(clickhouse: ClickHouse): Promise<RecordedRebuild[]> {
  return (await readStates(clickhouse)).filter(({ phase }) => phase === "begun" || phase === "filling");
}
