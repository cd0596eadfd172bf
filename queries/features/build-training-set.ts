import type { ClickHouse } from "../../clickhouse/index.ts";
import type { FeatureSet, Project, Watermark } from "../../model/index.ts";
import { inTurn } from "./in-turn.ts";
import { manifestText, type Manifest } from "./manifest.ts";
import type { PassPlan, PlanChoice } from "./plan.ts";
import type { Spine } from "./spine-source.ts";
import { splitParts, type Split, type TrainingPart } from "./split.ts";
import { checkTarget, trainingFormat, writeTrainingSet, type TrainingFormat, type WrittenFile } from "./training-file.ts";
import { withTrainingRows, type OnStep } from "./training-rows.ts";

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
  /** Nothing after this position of the log counts: a watermark, the name of a saved one, or a time up to which JetStream had stored it. Default: what ClickHouse holds when the work begins. */
  readonly asOf?: Watermark | string;
  /** How the features are computed. Default "auto": what the lengths of the histories make cheapest. The values are the same by every plan. */
  readonly plan?: PlanChoice;
  /** Whether to replace a file that exists. Default false. */
  readonly force?: boolean;
  /** Stops the work, and leaves nothing behind. */
  readonly signal?: AbortSignal;
  readonly onStep?: OnStep;
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
  const [built] = await buildParts(clickhouse, project, request, [{ out: request.out, condition: "true" }]);
  if (!built) throw new Error("There is a training set for each part.");
  return built;
}

/**
 * The same in two files, each with a manifest of its own: `<out>` with ".train" and ".test" before its extension.
 * @throws as {@link buildTrainingSet}; QueryError if a part would have no rows
 */
export async function buildSplitTrainingSet(
  clickhouse: ClickHouse,
  project: Project,
  request: TrainingSetRequest & { readonly split: Split },
): Promise<readonly TrainingSet[]> {
  return buildParts(clickhouse, project, request, splitParts(request.out, request.split));
}

/** Computes all rows once, and writes those of each part into its file. */
async function buildParts(
  clickhouse: ClickHouse,
  project: Project,
  request: TrainingSetRequest,
  parts: readonly TrainingPart[],
): Promise<readonly TrainingSet[]> {
  const { onStep = () => {} } = request;
  for (const { out } of parts) {
    trainingFormat(out, request.format);
    await checkTarget(out, request.force ?? false);
  }
  return withTrainingRows(clickhouse, project, request, parts, async ({ about, measured, plans }, abortable) => {
    return inTurn(measured, async ({ part, select, ...contents }) => {
      onStep("file", contents.rows);
      const format = trainingFormat(part.out, request.format);
      const manifestOf = (file: WrittenFile): Manifest => ({ ...about, ...contents, file: { format, ...file } });
      const written = await writeTrainingSet(abortable, select, part.out, format, (file) => manifestText(manifestOf(file)));
      return { path: part.out, manifest: manifestOf(written), plans };
    });
  });
}
