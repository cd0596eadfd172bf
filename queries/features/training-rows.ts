import { addAbortSignal } from "node:stream";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { adviseName, checkProject, entityColumns, type FeatureSet, type Project, type Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { computeFeatures, type FeatureWork } from "./compute-features.ts";
import { featureColumns } from "./feature-columns.ts";
import { inTurn } from "./in-turn.ts";
import { describeDefinition, packageVersion, type Manifest } from "./manifest.ts";
import { measurePart, trainingColumns, type MeasuredPart, type TrainingColumn } from "./measure-part.ts";
import { pastState } from "./past-state.ts";
import type { PassPlan, PlanChoice } from "./plan.ts";
import { spineSource, type Spine } from "./spine-source.ts";
import { loadSpine, type SpineTable } from "./spine-table.ts";
import type { TrainingPart } from "./split.ts";
import { withTemporaryTables, type TemporaryTables } from "./temporary-tables.ts";

/** What to compute. */
export interface RowsRequest {
  readonly spine: Spine;
  readonly features: string | FeatureSet;
  readonly asOf?: Watermark | string;
  readonly plan?: PlanChoice;
  readonly signal?: AbortSignal;
  readonly onStep?: OnStep;
}

/** Is told of each step as it begins, and of how many rows, once they are counted; of long steps also how many are done. */
export type OnStep = (step: "spine" | "features" | "file", rows?: number, done?: number) => void;

/** The rows of a training set in ClickHouse. */
export interface TrainingRows {
  /** Quoted name of the table: `spine_row`, and what {@link trainingColumns} name, in the spine's order. */
  readonly table: string;
  readonly columns: readonly TrainingColumn[];
  readonly measured: readonly MeasuredPart[];
  /** First and last label time, microseconds since 1970. */
  readonly times: SpineTable["times"];
  /** What manifests of all parts say alike. */
  readonly about: Omit<Manifest, "file" | "rows" | "content" | "columns" | "split">;
  readonly plans: readonly PassPlan[];
  readonly tables: TemporaryTables;
}

/**
 * Computes the rows of a training set, and has something done with them before they go.
 * @param use is given the rows, and a connection that the request's signal stops
 * @throws QueryError if the request cannot be met as put
 */
export async function withTrainingRows<Result>(
  clickhouse: ClickHouse,
  project: Project,
  request: RowsRequest,
  parts: readonly TrainingPart[],
  use: (rows: TrainingRows, abortable: ClickHouse) => Promise<Result>,
): Promise<Result> {
  const { onStep = () => {} } = request;
  const set = findFeatureSet(project, request.features);
  const abortable = forLongWork(clickhouse, request.signal);
  const asOf = await pastState(abortable, project, request.asOf);
  const source = await spineSource(request.spine, { clickhouse: abortable, project, set, asOf });
  return withTemporaryTables(clickhouse, async (tables) => {
    onStep("spine");
    const spine = await loadSpine(abortable, tables, source, entityColumns(set));
    onStep("features", spine.rows);
    const { table, plans } = await trainingTable(abortable, tables, {
      spine,
      set,
      asOf,
      plan: request.plan ?? "auto",
      onProgress: (done) => onStep("features", spine.rows, done),
    });
    const columns = trainingColumns(spine, set);
    const about = {
      formatVersion: 1,
      hydrograph: packageVersion(),
      clickhouse: await serverVersion(abortable),
      project: project.name,
      features: describeDefinition(set),
      asOf,
      spine: { ...source.origin, rows: spine.rows, sha256: spine.sha256 },
    } as const;
    const measured = await inTurn(parts, (part) => measurePart(abortable, table, columns, part));
    return use({ table, columns, measured, times: spine.times, about, plans, tables }, abortable);
  });
}

/** A feature set of the project by name, or one made for the occasion, checked. @throws QueryError if there is none of that name, or it cannot be built */
export function findFeatureSet(project: Project, wanted: string | FeatureSet): FeatureSet {
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

/** The same database for long work: statements may take their time, and every one and every stream of rows is stopped by the signal. */
function forLongWork(clickhouse: ClickHouse, signal: AbortSignal | undefined): ClickHouse {
  const long = <Request extends object>(request: Request): Request & { readonly mayTakeLong: true; readonly signal?: AbortSignal } => {
    signal?.throwIfAborted();
    return { ...request, mayTakeLong: true, ...(signal ? { signal } : {}) };
  };
  return {
    ...clickhouse,
    rows: async (statement) => clickhouse.rows(long(statement)),
    bytes: async (statement) => {
      const bytes = await clickhouse.bytes(long(statement));
      return signal ? addAbortSignal(signal, bytes) : bytes;
    },
    command: async (statement) => clickhouse.command(long(statement)),
    insert: async (insert) => clickhouse.insert(long(insert)),
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

async function serverVersion(clickhouse: ClickHouse): Promise<string> {
  const [row] = await clickhouse.rows<{ version: string }>({ name: "Ask ClickHouse its version", sql: "SELECT version() AS version" });
  return row?.version ?? "";
}
