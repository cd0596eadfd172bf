import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project, TimeRange, Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { resolvePresent, resolveRange, type RangeRequest } from "../resolve-range.ts";
import type { TrainingSetRequest } from "./build-training-set.ts";
import { definitionChanges } from "./definition-changes.ts";
import { describeDefinition, readManifest } from "./manifest.ts";
import { measureDrift, type FeatureDrift, type BeforeAndNow } from "./measure-drift.ts";
import { pastState } from "./past-state.ts";
import { recentSpine, type RecentSpine } from "./recent-spine.ts";
import { showMoment } from "./show-moment.ts";
import type { Spine } from "./spine-source.ts";
import { describedPath } from "./training-file.ts";
import { findFeatureSet, withTrainingRows } from "./training-rows.ts";

/** What to compare a training set with: a range of time (default: the last 7 days), or label rows. */
export interface DriftRequest extends RangeRequest, Pick<TrainingSetRequest, "asOf" | "signal" | "onStep"> {
  /** The manifest beside the training set; its file need not be there. */
  readonly manifest: string;
  /** Label rows of today's, instead of a range. */
  readonly spine?: Spine;
  /** The most rows of a range; of more, as many are chosen by a hash. Default 100,000. */
  readonly sample?: number;
  /** Any whole number from 0: another one chooses other rows. Default 1. */
  readonly seed?: number;
  /** The zone that `from`, `to` and `range` are read in. Default: the project's. */
  readonly timezone?: string;
}

/** How far features have moved from what they were in a training set. */
export interface DriftAnswer {
  /** The feature set. */
  readonly features: string;
  /** The training set: its file's name, and the SHA-256 of its manifest. */
  readonly trainingSet: { readonly file: string; readonly sha256: string };
  /** Rows of the training set, and rows compared with it. */
  readonly rows: BeforeAndNow<number>;
  /** First moment of the rows compared, and the end, itself not counted. */
  readonly from: string;
  readonly to: string;
  /** What a row compared is, in words. */
  readonly spine: string;
  /** Set if rows of a range were chosen: out of how many, and by which seed. */
  readonly chosen?: { readonly outOf: number; readonly seed: number };
  readonly asOf: Watermark;
  /** In the order of the set. */
  readonly drift: readonly FeatureDrift[];
}

const SAMPLE = 100_000;
const MOST_SAMPLE = 10_000_000;

/**
 * Works the features of a training set out for recent rows, and compares their distribution with the bins frozen in its manifest: bins are not learned anew, so that a shift beyond the old range is seen. The rows are made as the set's were, in another
 * range: of a set of events or SQL by the same rule, else each event that the features are about.
 * @throws QueryError if the manifest cannot be read, its definition is another one now, or there are no rows to compare with
 */
export async function driftOfFeatures(clickhouse: ClickHouse, project: Project, request: DriftRequest): Promise<DriftAnswer> {
  const manifest = await readManifest(request.manifest);
  const set = findFeatureSet(project, manifest.features.name);
  const changes = definitionChanges(manifest.features, describeDefinition(set));
  if (changes.length > 0)
    throw new QueryError(`The definition is another one now, so nothing can be compared: ${changes.join("; ")}. Build the set again.`);
  const { sample, seed, time } = checkRequest(request, project);
  const asOf = await pastState(clickhouse, project, request.asOf);
  const recent: RecentSpine | undefined = request.spine
    ? undefined
    : await recentSpine({ clickhouse, project, set, asOf, time, sample, seed }, manifest);
  const spine = request.spine ?? recent?.spine;
  if (!spine) throw new Error("A drift has rows.");
  return withTrainingRows(clickhouse, project, { ...request, features: set, asOf, spine }, [], async (rows, abortable) => {
    const columns = new Map(rows.columns.map(({ column, name }) => [name, column]));
    const drift = await measureDrift(abortable, rows.table, (name) => columns.get(name) ?? "NULL", manifest);
    const { first, last } = rows.times;
    return {
      features: set.name,
      trainingSet: { file: basename(describedPath(request.manifest)), sha256: await hashOf(request.manifest) },
      rows: { before: manifest.rows, now: rows.about.spine.rows },
      from: showMoment(recent ? time.from : first),
      to: showMoment(recent ? time.to : last + 1),
      spine: recent?.of ?? "the label rows given",
      ...(recent && recent.rows > sample ? { chosen: { outOf: recent.rows, seed } } : {}),
      asOf,
      drift,
    };
  });
}

function checkRequest(
  { from, range, sample = SAMPLE, seed = 1, spine, timezone, to }: DriftRequest,
  project: Project,
): { readonly sample: number; readonly seed: number; readonly time: TimeRange } {
  if (spine && (from !== undefined || to !== undefined || range !== undefined))
    throw new QueryError("Give label rows or a range of time, not both: the rows of a file are taken as they are.");
  if (!Number.isSafeInteger(sample) || sample < 1 || sample > MOST_SAMPLE)
    throw new QueryError(`"sample" must be a whole number from 1 to ${MOST_SAMPLE.toLocaleString("en")}.`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new QueryError('"seed" must be a whole number from 0.');
  const present = resolvePresent(timezone ?? project.timezone, undefined);
  const asked = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return { sample, seed, time: resolveRange(from === undefined ? { range: range ?? "last 7d", ...asked } : asked, present) };
}

async function hashOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
