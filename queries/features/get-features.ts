import type { Readable } from "node:stream";
import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import {
  describeFeatures,
  entityColumns,
  type FeatureDescription,
  type FeatureSet,
  type Project,
  type Watermark,
} from "../../model/index.ts";
import { checkAsOf, resolveAsOf, type AsOf } from "../as-of.ts";
import { QueryError } from "../query-error.ts";
import { resolveMoment, type Moment } from "../resolve-moment.ts";
import { readWatermark } from "../watermark.ts";
import { MISSING_IS_NULL } from "./beside-labels.ts";
import { resolveEntities, type OnlineEntity } from "./online-entities.ts";
import { onlineStatement, type Histories, type OnlineLabels } from "./online-statement.ts";
import { showMoment } from "./show-moment.ts";
import { fileFormat, type TrainingFormat } from "./training-file.ts";
import { findFeatureSet } from "./training-rows.ts";

/** Whose features, and when. */
export interface OnlineRequest {
  /** A feature set of the project, by name, or one made for the occasion from its metrics. */
  readonly features: string | FeatureSet;
  /** At most 1,000; they may repeat. */
  readonly entities: readonly OnlineEntity[];
  /** T: what was known then. Default: now. */
  readonly at?: Moment;
  /** Nothing after this position of the log counts. Default: what ClickHouse holds. */
  readonly asOf?: AsOf;
  readonly signal?: AbortSignal;
}

/** The features of entities, as a training set would have them at the same moment. */
export interface OnlineAnswer {
  /** Name of the feature set. */
  readonly features: string;
  /** T: RFC 3339 in UTC, to the microsecond. */
  readonly at: string;
  /** Nothing after this position of the log was counted. */
  readonly watermark: Watermark;
  /** What the entity is made of, by name: the first columns of each row. */
  readonly entity: readonly string[];
  /** The features, in the order of their columns. */
  readonly columns: readonly FeatureDescription[];
  /** One for each entity, in the order asked, by the names of the columns: an entity that nothing is known of has 0 for counts, and null for all else. */
  readonly rows: readonly OnlineRow[];
}

/** An entity and its features, by name. */
export type OnlineRow = Readonly<Record<string, string | number | null>>;

/**
 * The features of entities now, or as they were known at a past moment: by the SQL that builds training sets, over what ClickHouse holds.
 * @throws QueryError if the request makes no sense; ClickHouseFailure if ClickHouse does not answer
 */
export async function getFeatures(clickhouse: ClickHouse, project: Project, request: OnlineRequest): Promise<OnlineAnswer> {
  const labels = await resolveOnline(clickhouse, project, request);
  return onlineAnswer(labels, await askOnline(clickhouse, labels, request.signal));
}

/** An answer with its rows. */
export function onlineAnswer(labels: OnlineLabels, rows: readonly OnlineRow[]): OnlineAnswer {
  return {
    features: labels.set.name,
    at: showMoment(labels.at),
    watermark: labels.asOf,
    entity: entityColumns(labels.set).map(({ name }) => name),
    columns: describeFeatures(labels.set),
    rows,
  };
}

/**
 * The rows of an answer. Who is named twice is looked up once: each entity costs as much as it has events.
 * @param histories read instead of `events`
 */
export async function askOnline(
  clickhouse: ClickHouse,
  labels: OnlineLabels,
  signal?: AbortSignal,
  histories?: Histories,
): Promise<readonly OnlineRow[]> {
  const keys = (labels.entities[0] ?? []).map((_, index) => JSON.stringify(labels.entities.map((part) => part[index])));
  const places = new Map<string, number>();
  const first: number[] = [];
  for (const [index, key] of keys.entries()) {
    if (places.has(key)) continue;
    places.set(key, first.length);
    first.push(index);
  }
  const distinct = { ...labels, entities: labels.entities.map((part) => first.map((index) => part[index] ?? "")) };
  const found = await clickhouse.rows<Record<string, string | number | null>>({
    ...statement(distinct, signal, histories),
    settings: MISSING_IS_NULL,
  });
  const whole = describeFeatures(labels.set).flatMap(({ name, type }) => (type === "integer" ? [name] : []));
  const rows = found.map(({ time: _at, ...row }): OnlineRow => {
    // 64-bit numbers come as text; a count has no more digits than a double keeps.
    for (const name of whole) row[name] = Number(row[name]);
    return row;
  });
  return keys.map((key) => rows[places.get(key) ?? 0] ?? {});
}

/**
 * The same rows as the bytes of a file, with the columns and types of a training set (T is the column `time`).
 * @throws as {@link getFeatures}
 */
export async function getFeaturesFile(
  clickhouse: ClickHouse,
  project: Project,
  request: OnlineRequest,
  format: TrainingFormat,
): Promise<Readable> {
  const labels = await resolveOnline(clickhouse, project, request);
  const { name, settings } = fileFormat(format);
  return clickhouse.bytes({ ...statement(labels, request.signal), settings: { ...settings, ...MISSING_IS_NULL }, format: name });
}

function statement(labels: OnlineLabels, signal: AbortSignal | undefined, histories?: Histories): Statement {
  return { name: "Get features", ...onlineStatement(labels, histories), ...(signal ? { signal } : {}) };
}

/** Checks a request, and fixes T and what of the log counts. @throws QueryError */
export async function resolveOnline(clickhouse: ClickHouse, project: Project, request: OnlineRequest): Promise<OnlineLabels> {
  const set = findFeatureSet(project, request.features);
  const entities = resolveEntities(set, request.entities);
  const present = { now: Date.now() * 1_000, timezone: project.timezone };
  const past = request.at === undefined ? undefined : pastMoment(request.at, present);
  checkAsOf(request.asOf, project, present);
  const asOf = request.asOf === undefined ? await readWatermark(clickhouse) : await resolveAsOf(clickhouse, project, request.asOf, present);
  // The clock is read after the watermark: what that promises was known by then.
  return { set, entities, at: past ?? Date.now() * 1_000, asOf };
}

function pastMoment(at: Moment, present: { readonly now: number; readonly timezone: string }): number {
  const moment = resolveMoment(at, "at", present);
  if (moment > present.now) throw new QueryError(`"at" is ${showMoment(moment)}, which is in the future: features are known up to now.`);
  return moment;
}
