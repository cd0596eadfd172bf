import {
  countParts,
  destructiveRights,
  inspectDisks,
  inspectServer,
  inspectTables,
  tryInserts,
  type ClickHouse,
  type DiskFacts,
  type InsertTrial,
  type ServerIdentity,
  type TableFacts,
} from "../../clickhouse/index.ts";
import { laneStatus, type LaneStatus } from "../../ingest/index.ts";
import type { JetStream, JetStreamFacts } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { migrationPlan, type MigrationPlan } from "../../transforms/index.ts";
import { askOf, type Known } from "./known.ts";

/** Everything that the checks judge. */
export interface Facts {
  readonly project: Project;
  readonly nats: Known<JetStreamFacts>;
  readonly clickhouse: Known<ServerIdentity>;
  readonly tables: Known<readonly TableFacts[]>;
  readonly inserts: Known<readonly InsertTrial[]>;
  readonly parts: Known<ReadonlyMap<string, number>>;
  readonly disks: Known<readonly DiskFacts[]>;
  /** Permissions of ClickHouse's to drop or delete; undefined = they come with roles. */
  readonly destructive: Known<readonly string[] | undefined>;
  readonly migrations: Known<MigrationPlan>;
  readonly lanes: Known<readonly LaneStatus[]>;
}

/** Gathers the facts from servers that may be away; nothing is changed in either. */
export async function gatherFacts(project: Project, jetstream: Known<JetStream>, clickhouse: Known<ClickHouse>): Promise<Facts> {
  const lanesBy = (database: ClickHouse | undefined): Promise<Facts["lanes"]> =>
    askOf(jetstream, (link) => laneStatus({ project, jetstream: link, clickhouse: database }));
  // The lanes before the streams: a stream then ends no earlier than a lane says that it stands.
  const lanes = await lanesBy("value" in clickhouse ? clickhouse.value : undefined);
  return {
    project,
    lanes: "value" in lanes ? lanes : await lanesBy(undefined),
    nats: await askOf(jetstream, (link) => link.inspect(project)),
    // The clock before the rest, which would keep it waiting.
    clickhouse: await askOf(clickhouse, inspectServer),
    tables: await askOf(clickhouse, inspectTables),
    inserts: await askOf(clickhouse, tryInserts),
    parts: await askOf(clickhouse, countParts),
    disks: await askOf(clickhouse, inspectDisks),
    destructive: await askOf(clickhouse, destructiveRights),
    migrations: await askOf(clickhouse, (connection) => migrationPlan(project, connection)),
  };
}
