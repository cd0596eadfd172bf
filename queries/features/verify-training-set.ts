import { access } from "node:fs/promises";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import type { TrainingSetRequest } from "./build-training-set.ts";
import { compareRows, namedTable, type ValueDifference } from "./compare-rows.ts";
import { definitionChanges } from "./definition-changes.ts";
import { checkTrainingFile, loadTrainingSet } from "./load-training-set.ts";
import { describeDefinition, namesOf, readManifest, spineOf, type Manifest } from "./manifest.ts";
import type { Spine } from "./spine-source.ts";
import { partOf, type TrainingPart } from "./split.ts";
import { describedPath, hashTrainingSet } from "./training-file.ts";
import { findFeatureSet, withTrainingRows, type TrainingRows } from "./training-rows.ts";

/** What to build again, and compare. */
export interface VerifyRequest extends Pick<TrainingSetRequest, "signal" | "onStep"> {
  /** The manifest beside the training set. */
  readonly manifest: string;
  /** The spine, where it is not what the manifest says: moved, or rows of the program. */
  readonly spine?: Spine;
}

/** Whether a training set can be had again. */
export interface TrainingVerdict {
  /** Whether it came out again, byte for byte. */
  readonly ok: boolean;
  /** Why not: a sentence each. */
  readonly problems: readonly string[];
  /** The features whose values came out otherwise; empty if that could not be told row by row. */
  readonly differences: readonly ValueDifference[];
  readonly manifest: Manifest;
}

/**
 * Builds a training set again from its manifest, with the log as it is now, and compares its bytes. Where they differ, the reason: another definition, spine or ClickHouse, or other values.
 * @throws QueryError if the manifest or the spine cannot be read
 */
export async function verifyTrainingSet(clickhouse: ClickHouse, project: Project, request: VerifyRequest): Promise<TrainingVerdict> {
  const manifest = await readManifest(request.manifest);
  const path = describedPath(request.manifest);
  const changes = definitionChanges(manifest.features, describeDefinition(findFeatureSet(project, manifest.features.name)));
  if (changes.length > 0) {
    const problem = `The definition is another one now: ${changes.join("; ")}.`;
    return { ok: false, problems: [problem], differences: [], manifest };
  }
  const { asOf, features, split } = manifest;
  const spine = request.spine ?? spineOf(manifest);
  const part: TrainingPart = split ? partOf(path, split.rule, split.part) : { out: path, condition: "true" };
  return withTrainingRows(clickhouse, project, { ...request, features: features.name, asOf, spine }, [part], (rows, abortable) =>
    judge(abortable, rows, manifest, request.manifest),
  );
}

async function judge(clickhouse: ClickHouse, rows: TrainingRows, manifest: Manifest, manifestPath: string): Promise<TrainingVerdict> {
  const [measured] = rows.measured;
  if (!measured) throw new Error("One part was asked for.");
  const { spine, clickhouse: version } = rows.about;
  if (spine.sha256 !== manifest.spine.sha256) {
    const problem = `The spine is another one: ${spine.rows} rows of other contents, where it had ${manifest.spine.rows}.`;
    return { ok: false, problems: [problem], differences: [], manifest };
  }
  const path = describedPath(manifestPath);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  const again = await hashTrainingSet(clickhouse, measured.select, manifest.file.format);
  if (again.sha256 === manifest.file.sha256) {
    if (isThere) await checkTrainingFile(manifestPath, manifest);
    return { ok: true, problems: [], differences: [], manifest };
  }
  if (measured.content === manifest.content) {
    const problem = `All values are the same, but ClickHouse ${version} writes other bytes for them than ${manifest.clickhouse} did.`;
    return { ok: false, problems: [problem], differences: [], manifest };
  }
  const differences = isThere ? await compareWithFile(clickhouse, rows, manifestPath) : [];
  const what = isThere
    ? `${differences.length} features have other values`
    : `the values are others, and "${path}" is not there to compare`;
  return { ok: false, problems: [`The same log, spine and definition give other bytes: ${what}.`], differences, manifest };
}

async function compareWithFile(clickhouse: ClickHouse, rows: TrainingRows, manifestPath: string): Promise<readonly ValueDifference[]> {
  const { manifest, table } = await loadTrainingSet(clickhouse, rows.tables, manifestPath);
  const columns = new Map(rows.columns.map(({ column, name }) => [name, column]));
  const [measured] = rows.measured;
  const again = {
    table: `(SELECT * FROM ${rows.table} WHERE ${measured?.part.condition ?? "true"})`,
    column: (name: string) => columns.get(name) ?? "NULL",
  };
  return compareRows(clickhouse, namedTable(table), again, { entity: namesOf(manifest, "entity"), features: namesOf(manifest, "feature") });
}
