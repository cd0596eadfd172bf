import { identifier, literal, type ClickHouse } from "../../clickhouse/index.ts";
import { replayLane, type JetStream } from "../../jetstream/index.ts";
import { storedStreams, type Project } from "../../model/index.ts";
import { fingerprint } from "../fingerprint.ts";
import { LEFT_OUT } from "../ledger.ts";
import { wasSwitched } from "./exchange-plan.ts";

/** A replay that cannot be: the message is one sentence that says what is in the way and what to do. Nothing was changed. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
}

/** Looks whether the database is there. @throws ReplayError if it is there and was not made by a replay of this project */
export async function replayDatabaseExists(into: ClickHouse, project: Project): Promise<boolean> {
  const system = into.inDatabase("system");
  try {
    const [found] = await system.rows<{ comment: string }>({
      name: "Look for the database",
      sql: "SELECT comment FROM system.databases WHERE name = {database:String}",
      params: { database: into.database },
    });
    if (found && found.comment !== markOf(project)) {
      throw new ReplayError(`Database "${into.database}" was not made by a replay of "${project.name}": choose another name with --into.`);
    }
    return found !== undefined;
  } finally {
    await system.close();
  }
}

/** Makes the database, marked as a replay's, and forgets the checkpoints of a former one of its name. */
export async function createReplayDatabase(into: ClickHouse, project: Project, jetstream: JetStream): Promise<void> {
  const lanes = await jetstream.lanes(into.database);
  for (const lane of storedStreams(project.streams).flatMap(({ name }) => [name, replayLane(name)])) {
    const entry = await lanes.read(lane);
    if (!entry) continue;
    const { beat = 0, generation = 1 } = entry.value ?? {};
    await lanes.replace(lane, { epoch: 0, generation, committed: 0, beat: beat + 1 }, entry.revision);
  }
  const system = into.inDatabase("system");
  try {
    const sql = `CREATE DATABASE IF NOT EXISTS ${identifier(into.database)} COMMENT ${literal(markOf(project))}`;
    await system.command({ name: "Make the database of a replay", sql });
  } finally {
    await system.close();
  }
}

function markOf({ name }: Project): string {
  return `hydrograph 1: replay of ${name}`;
}

/**
 * Makes sure that a replay which goes on is the one that was begun: by a config that makes the same rows, and from the same sequence.
 * @param firsts first sequence asked for of each stream; one that is not named may have begun anywhere
 * @throws ReplayError
 */
export async function checkContinuation(into: ClickHouse, project: Project, firsts: ReadonlyMap<string, number>): Promise<void> {
  const code = fingerprint(project);
  const rows = await into.rows<{ stream: string; codes: string[]; begun: string }>({
    name: "How the replay was begun",
    sql: `SELECT stream, groupUniqArray(code) AS codes, maxIf(last, digest = {leftOut:String}) + 1 AS begun FROM ingest_ledger GROUP BY stream`,
    params: { leftOut: LEFT_OUT },
  });
  const isOwn = !(await wasSwitched(into));
  for (const { begun, codes, stream } of rows) {
    const other = codes.find((each) => each !== code);
    if (other !== undefined && isOwn) {
      throw new ReplayError(
        `Database "${into.database}" was begun with another config (${other}, now ${code}), which makes other rows: choose another name with --into, or go back to that config.`,
      );
    }
    const wanted = firsts.get(stream);
    if (wanted !== undefined && wanted !== Number(begun)) {
      throw new ReplayError(
        `The replay of ${stream} into "${into.database}" was begun at sequence ${begun}, not ${wanted}: leave --from away to go on with it, or choose another name with --into.`,
      );
    }
  }
}
