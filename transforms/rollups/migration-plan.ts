import { BASE_TABLES, identifier, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { atEachGrain, type Metric, type Project } from "../../model/index.ts";
import { checkBaseTable } from "./check-base-table.ts";
import { readInstalled, type Installed } from "./installed.ts";
import { createRollup, createView, recordCompleteness, recordIncomplete } from "./rollup-ddl.ts";

/** One statement of a migration. */
export interface MigrationStep {
  /** What it makes or changes, e.g. "rollup_revenue_1a2b3c4d". */
  readonly object: string;
  /** `record` notes that a rollup lacks events, `verdict` whether it holds the whole history. */
  readonly kind: "database" | "table" | "rollup" | "view" | "record" | "verdict";
  /** Why, as the rest of a sentence that starts with the object. */
  readonly reason: string;
  /** One statement; running it twice does no more than running it once. */
  readonly sql: string;
}

/** What a migration would do, in order. Nothing is ever dropped. */
export interface MigrationPlan {
  readonly database: string;
  /** Empty = the database is as the project wants it. */
  readonly steps: readonly MigrationStep[];
  /** What a reader should know, in sentences: former versions kept, rollups that lack history. */
  readonly notes: readonly string[];
}

/**
 * Compares the database of a connection with a project and says what is missing: the database, the base tables, each metric's rollup and view.
 * @param project one that `checkProject` accepts
 * @throws MigrationError if a table of ours stands there with other columns
 * @throws ClickHouseFailure if ClickHouse cannot be asked
 */
export async function migrationPlan(project: Project, clickhouse: ClickHouse): Promise<MigrationPlan> {
  const installed = await readInstalled(clickhouse);
  const { database } = clickhouse;
  const rollups = project.metrics.flatMap(atEachGrain).map((metric) => rollupSteps(metric, project, installed));
  const tables = baseTableSteps(installed, database);
  const steps = [
    ...(installed.database ? [] : [createDatabase(database)]),
    ...tables.filter((step) => !opensIngest(step)),
    ...rollups.flatMap(({ make }) => make),
    ...rollups.flatMap(({ verdict }) => verdict),
    ...tables.filter(opensIngest),
  ];
  return { database, steps, notes: notesOn(project, installed) };
}

/**
 * The ledger comes last: a worker asks it first where to go on, so no batch gets into a new database before its views stand and its rollups are known to be
 * complete, also where the database was lost under running workers.
 */
export function opensIngest({ object, kind }: MigrationStep): boolean {
  return kind === "table" && object === "ingest_ledger";
}

function createDatabase(database: string): MigrationStep {
  return { object: database, kind: "database", reason: "does not exist", sql: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}` };
}

function baseTableSteps({ tables }: Installed, database: string): MigrationStep[] {
  return BASE_TABLES.flatMap((table): MigrationStep[] => {
    const columns = tables.get(table.name);
    if (!columns) return [{ object: table.name, kind: "table", reason: "does not exist", sql: table.create }];
    checkBaseTable(table, columns, database);
    return [];
  });
}

/**
 * Table before view: the view writes into it. A rollup whose table, view or source is made anew while `rollup_versions` knows it was out of the stream
 * for a while, so it is declared incomplete before the view stands: no trend may read it in between. Whether it is complete is settled once all views stand.
 */
function rollupSteps(
  metric: Metric,
  project: Project,
  { tables, versions }: Installed,
): { make: MigrationStep[]; verdict: MigrationStep[] } {
  const { name, viewName } = rollupTable(metric);
  const hasTable = tables.has(name);
  const hasView = tables.has(viewName);
  const version = versions.find(({ rollup }) => rollup === name);
  const whole = hasTable && hasView && tables.has("events");
  if (whole && version) return { make: [], verdict: [] };
  const make: MigrationStep[] = [];
  if (version)
    make.push({ object: name, kind: "record", reason: "was cut off from the events for a while", sql: recordIncomplete(metric) });
  if (!hasTable) make.push({ object: name, kind: "rollup", reason: reasonFor(metric, project, versions), sql: createRollup(metric) });
  if (!hasView) make.push({ object: viewName, kind: "view", reason: `feeds ${name}`, sql: createView(metric) });
  const reason = `is complete if no ${metric.event.type} came before its view`;
  return { make, verdict: [{ object: name, kind: "verdict", reason, sql: recordCompleteness(metric, { unlessKnown: !version }) }] };
}

function reasonFor(metric: Metric, project: Project, versions: Installed["versions"]): string {
  const current = currentRollups(project);
  const former = versions.findLast((version) => version.metric === metric.name && !current.has(version.rollup));
  return former ? `is the changed definition of ${metric.name}; ${former.rollup} stays beside it` : `holds ${metric.name}`;
}

/** Names of the rollups that the project has now. */
function currentRollups({ metrics }: Project): ReadonlySet<string> {
  return new Set(metrics.flatMap(atEachGrain).map((metric) => rollupTable(metric).name));
}

function notesOn(project: Project, { tables, versions }: Installed): string[] {
  const current = currentRollups(project);
  return versions.flatMap(({ metric, rollup, complete }) => {
    if (current.has(rollup)) {
      return complete
        ? []
        : [
            `${rollup} lacks events from before it was made: trends of ${metric} read the raw events until "hydrograph rebuild ${metric}" has filled it.`,
          ];
    }
    if (!tables.has(rollup)) return [];
    const declared = project.metrics.some(({ name }) => name === metric);
    const why = declared ? `holds a former definition of ${metric}` : `belongs to ${metric}, which the project no longer declares`;
    return [`${rollup} ${why}: it is kept and still fed.`];
  });
}
