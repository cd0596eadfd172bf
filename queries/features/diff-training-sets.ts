import type { ClickHouse } from "../../clickhouse/index.ts";
import { compareRows, namedTable, type ValueDifference } from "./compare-rows.ts";
import { definitionChanges } from "./definition-changes.ts";
import { loadTrainingSet } from "./load-training-set.ts";
import { namesOf, readManifest, type Manifest } from "./manifest.ts";
import { withTemporaryTables } from "./temporary-tables.ts";

/** What is different between two training sets, and why. */
export interface TrainingDifference {
  /** Whether the files are the same, byte for byte. */
  readonly same: boolean;
  /** Sentences: what the definitions, the log's positions, the spines and the versions have to do with it. */
  readonly definition: readonly string[];
  readonly data: readonly string[];
  readonly spine: readonly string[];
  readonly versions: readonly string[];
  /** Features of both whose values differ, row by row; undefined if the spines differ, so that rows do not correspond. */
  readonly values: readonly ValueDifference[] | undefined;
}

/**
 * Says what changed from one training set to another: by their manifests, and row by row by their files if both have the same spine.
 * @throws QueryError if a manifest or a file cannot be read
 */
export async function diffTrainingSets(clickhouse: ClickHouse, before: string, after: string): Promise<TrainingDifference> {
  const [a, b] = [await readManifest(before), await readManifest(after)];
  const told = {
    same: a.file.sha256 === b.file.sha256,
    definition: definitionChanges(a.features, b.features),
    data: positionChanges(a.asOf, b.asOf),
    spine: spineChanges(a, b),
    versions: (["hydrograph", "clickhouse"] as const).flatMap((which) =>
      a[which] === b[which] ? [] : [`${which} ${b[which]} instead of ${a[which]}`],
    ),
  };
  if (told.same) return { ...told, values: [] };
  if (told.spine.length > 0) return { ...told, values: undefined };
  return withTemporaryTables(clickhouse, async (tables) => {
    const [left, right] = [await loadTrainingSet(clickhouse, tables, before), await loadTrainingSet(clickhouse, tables, after)];
    const values = await compareRows(clickhouse, namedTable(left.table), namedTable(right.table), {
      entity: namesOf(a, "entity"),
      features: sharedFeatures(a, b),
    });
    return { ...told, values };
  });
}

function sharedFeatures(a: Manifest, b: Manifest): string[] {
  const known = new Set(namesOf(a, "feature"));
  return namesOf(b, "feature").filter((name) => known.has(name));
}

function positionChanges(before: Manifest["asOf"], after: Manifest["asOf"]): string[] {
  const streams = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return streams.flatMap((stream) => {
    const [was, is] = [before[stream], after[stream]];
    if (!was) return [`stream ${stream} was not there before`];
    if (!is) return [`stream ${stream} is not there any more`];
    if (was.epoch !== is.epoch) return [`stream ${stream} was made anew in between`];
    if (was.seq === is.seq) return [];
    return [`stream ${stream} up to message ${is.seq} instead of ${was.seq} (${is.seq > was.seq ? "+" : ""}${is.seq - was.seq})`];
  });
}

function spineChanges(a: Manifest, b: Manifest): string[] {
  const changes: string[] = [];
  if (a.spine.sha256 !== b.spine.sha256) {
    const rows = a.spine.rows === b.spine.rows ? "as many rows, of other contents" : `${b.spine.rows} rows instead of ${a.spine.rows}`;
    changes.push(`another spine: ${rows}`);
  }
  if (partOf(a) !== partOf(b)) changes.push(`${partOf(b)} instead of ${partOf(a)}`);
  return changes;
}

function partOf({ split }: Manifest): string {
  return split ? `the ${split.part} part of ${split.rule}` : "all of the spine";
}
