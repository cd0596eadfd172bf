import { addAbortSignal } from "node:stream";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { checkProject, entityColumns, type FeatureSet, type Project, type Watermark } from "../../model/index.ts";
import { adviseName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import { readWatermark } from "../watermark.ts";
import { describeDefinition, manifestText, packageVersion, type Manifest } from "./manifest.ts";
import type { PassPlan, PlanChoice } from "./plan.ts";
import { computeFeatures, type FeatureWork } from "./compute-features.ts";
import { featureColumns } from "./feature-columns.ts";
import { spineSource, type Spine } from "./spine-source.ts";
import { loadSpine, type SpineTable } from "./spine-table.ts";
import { withTemporaryTables, type TemporaryTables } from "./temporary-tables.ts";
import { checkTarget, trainingFormat, writeTrainingSet, type TrainingFormat, type WrittenFile } from "./training-file.ts";

/** What to build, from what, and where to. */
export interface TrainingSetRequest {
  /** The labels. */
  readonly spine: Spine;
  /** A feature set of the project, by name, or one made for the occasion from its metrics. */
  readonly features: string | FeatureSet;
  /** The file to write; the manifest goes beside it, as `<out>.manifest.json`. */
  readonly out: string;
  /** Default: by the extension of `out`. */
  readonly format?: TrainingFormat;
  /** Nothing after this position of the log counts. Default: what ClickHouse holds when the work begins. */
  readonly asOf?: Watermark;
  /** How the features are computed. Default "auto": what the lengths of the histories make cheapest. The values are the same by every plan. */
  readonly plan?: PlanChoice;
  /** Whether to replace a file that exists. Default false. */
  readonly force?: boolean;
  /** Stops the work, and leaves nothing behind. */
  readonly signal?: AbortSignal;
  /** Is told of each step as it begins. */
  readonly onStep?: (step: "spine" | "features" | "file") => void;
}

/** A finished training set. */
export interface TrainingSet {
  readonly path: string;
  readonly manifest: Manifest;
  /** How the features were computed, for each type of event. */
  readonly plans: readonly PassPlan[];
}

/**
 * Builds a training set: each row of the spine, in its order, with its columns (`entity`, `time`, then the others) and one column a feature, as it was known at
 * the row's time. Counts are Int64, 0 where nothing counts; any other feature is null where no event of its window has the field.
 * @throws QueryError if the request cannot be met as put; ClickHouseFailure if ClickHouse does not do its part. Either way no half-written file is left.
 */
export async function buildTrainingSet(clickhouse: ClickHouse, project: Project, request: TrainingSetRequest): Promise<TrainingSet> {
  const { out, onStep = () => {} } = request;
  const set = featureSet(project, request.features);
  const format = trainingFormat(out, request.format);
  await checkTarget(out, request.force ?? false);
  const source = await spineSource(request.spine);
  const abortable = withSignal(clickhouse, request.signal);
  const asOf = request.asOf ?? (await readWatermark(abortable));

  return withTemporaryTables(clickhouse, async (tables) => {
    onStep("spine");
    const spine = await loadSpine(abortable, tables, source, entityColumns(set));
    onStep("features");
    const { table, plans } = await trainingTable(abortable, tables, { spine, set, asOf, plan: request.plan ?? "auto" });
    const columns = await trainingColumns(abortable, table, spine, set);
    const about = {
      formatVersion: 1,
      hydrograph: packageVersion(),
      clickhouse: await serverVersion(abortable),
      project: project.name,
      features: describeDefinition(set),
      asOf,
      spine: { path: source.path ?? null, format: source.format, rows: spine.rows, sha256: spine.sha256 },
      rows: spine.rows,
      columns: columns.map(({ column: _column, ...column }) => column),
    } as const;
    const manifestOf = (file: WrittenFile): Manifest => ({ ...about, file: { format, ...file } });
    onStep("file");
    const select = `SELECT ${columns.map(({ column, name }) => `${column} AS ${identifier(name)}`).join(", ")} FROM ${table}`;
    const written = await writeTrainingSet(abortable, select, out, format, (file) => manifestText(manifestOf(file)));
    return { path: out, manifest: manifestOf(written), plans };
  });
}

function featureSet(project: Project, wanted: string | FeatureSet): FeatureSet {
  if (typeof wanted !== "string") {
    const [problem] = checkProject({ ...project, features: [wanted] });
    if (problem) throw new QueryError(`The feature set "${wanted.name}" cannot be built: ${problem.path} ${problem.rule}.`);
    return wanted;
  }
  const found = project.features.find(({ name }) => name === wanted);
  if (found) return found;
  const names = project.features.map(({ name }) => name);
  const advice = adviseName(wanted, names, `there are: ${names.join(", ") || "none"}.`);
  throw new QueryError(`Project "${project.name}" has no feature set "${wanted}": ${advice}`);
}

/** The same database, with every statement and every stream of rows stopped by the signal. */
function withSignal(clickhouse: ClickHouse, signal: AbortSignal | undefined): ClickHouse {
  if (!signal) return clickhouse;
  const stoppable = <Request extends object>(request: Request): Request & { signal: AbortSignal } => {
    signal.throwIfAborted();
    return { ...request, signal };
  };
  return {
    ...clickhouse,
    rows: async (statement) => clickhouse.rows(stoppable(statement)),
    bytes: async (statement) => addAbortSignal(signal, await clickhouse.bytes(stoppable(statement))),
    command: async (statement) => clickhouse.command(stoppable(statement)),
    insert: async (insert) => clickhouse.insert(stoppable(insert)),
  };
}

async function trainingTable(
  clickhouse: ClickHouse,
  tables: TemporaryTables,
  work: FeatureWork,
): Promise<{ readonly table: string; readonly plans: readonly PassPlan[] }> {
  const { spine, set } = work;
  const features = featureColumns(set);
  const clash = spine.carried.find((carried) => features.some(({ name }) => name === carried.name));
  if (clash) throw new QueryError(`The spine has a column "${clash.name}", and so has the feature set "${set.name}": rename the spine's.`);
  const ddl = [...spine.ddl, ...features.map(({ clickhouseType, column }) => `${column} ${clickhouseType}`)];
  const table = await tables.create("training", ddl.join(", "));
  return { table, plans: await computeFeatures(clickhouse, tables, table, work) };
}

/** A column of the training set: `column` is its name in the table, `name` in the file. */
type TrainingColumn = Manifest["columns"][number] & { readonly column: string };

async function trainingColumns(
  clickhouse: ClickHouse,
  table: string,
  spine: SpineTable,
  set: FeatureSet,
): Promise<readonly TrainingColumn[]> {
  const columns: readonly TrainingColumn[] = [
    ...spine.entity.map((entity) => ({ ...entity, role: "entity" as const, nulls: 0 })),
    { name: "time", type: "DateTime64(6, 'UTC')", role: "time", column: "spine_time", nulls: 0 },
    ...spine.carried.map((carried) => ({ ...carried, role: "carried" as const, nulls: 0 })),
    ...featureColumns(set).map(({ clickhouseType, column, definition, description, missing, name, unit }) => {
      return { name, type: clickhouseType, role: "feature" as const, column, nulls: 0, unit, missing, definition, description };
    }),
  ];
  const [nulls] = await clickhouse.rows<Record<string, string>>({
    name: "Count what is missing",
    sql: `SELECT ${columns.map(({ column }, index) => `countIf(isNull(${column})) AS nulls_${index}`).join(", ")} FROM ${table}`,
  });
  return columns.map((column, index) => ({ ...column, nulls: Number(nulls?.[`nulls_${index}`] ?? 0) }));
}

async function serverVersion(clickhouse: ClickHouse): Promise<string> {
  const [row] = await clickhouse.rows<{ version: string }>({ name: "Ask ClickHouse its version", sql: "SELECT version() AS version" });
  return row?.version ?? "";
}
