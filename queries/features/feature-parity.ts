import type { ClickHouse } from "../../clickhouse/index.ts";
import { describeFeatures, type FeatureSet, type Project, type TimeRange, type Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { resolveMoment, type Moment } from "../resolve-moment.ts";
import { readWatermark, readWatermarkAt } from "../watermark.ts";
import { featureColumns } from "./feature-columns.ts";
import { askOnline, type OnlineRow } from "./get-features.ts";
import { resolveEntities } from "./online-entities.ts";
import { paritySample, type SampledMoment } from "./parity-sample.ts";
import { showMoment } from "./show-moment.ts";
import { findFeatureSet, withTrainingRows } from "./training-rows.ts";

/** What to compare. */
export interface ParityRequest {
  /** A feature set of the project, by name, or one made for the occasion from its metrics. */
  readonly features: string | FeatureSet;
  /** Pairs of entity and moment to look at, 1 to 10,000. Default 1,000; fewer if there are not so many events. */
  readonly sample?: number;
  /** The events that pairs are drawn from are those in [from, to). Default: the last 7 days. */
  readonly from?: Moment;
  readonly to?: Moment;
  /** The same seed draws the same pairs of the same log, a whole number from 0. Default 0. */
  readonly seed?: number;
  /** Who answers online. Default: `getFeatures`. With one of your own another serving system is held to the training set. */
  readonly online?: OnlinePath;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Answers as of a moment: a row for each entity, in order, by the names of the features. */
export type OnlinePath = (asked: {
  readonly entities: readonly Readonly<Record<string, string>>[];
  /** T, microseconds since 1970. */
  readonly at: number;
  /** What of the log was there. */
  readonly asOf: Watermark;
}) => Promise<readonly OnlineRow[]>;

/** One value that was served otherwise than it is trained; null = missing. */
export interface ParityDifference {
  readonly feature: string;
  readonly kind: "mismatch" | "missing";
  readonly entity: Readonly<Record<string, string>>;
  /** T: RFC 3339 in UTC, to the microsecond. */
  readonly at: string;
  readonly online: string | number | null;
  readonly training: string | number | null;
}

/** Whether features are served as they are trained. */
export interface ParityReport {
  /** Whether there is no mismatch. */
  readonly ok: boolean;
  readonly features: string;
  /** Pairs of entity and moment that were looked at, and moments among them. */
  readonly pairs: number;
  readonly moments: number;
  readonly seed: number;
  /** The position of the log that the training path was asked at. */
  readonly watermark: Watermark;
  /**
   * Values of each feature. `missing`: the log did not hold at T what training counts as known then (history that was imported later), and online has the trained value as soon as it does. `mismatch`: it has another
   * one all the same.
   */
  readonly byFeature: readonly { readonly feature: string; readonly match: number; readonly mismatch: number; readonly missing: number }[];
  /** The first mismatch of each feature, then the first missing value of each. */
  readonly differences: readonly ParityDifference[];
}

const SAMPLE = 1_000;
const MOST_PAIRS = 10_000;
const DAYS_7 = 7 * 86_400_000_000;

/**
 * Replays a sample of the past through the online path, at each moment with what of the log JetStream had stored by then, and through the training path, and compares value by value.
 * @throws QueryError if the request makes no sense, or there are no events to draw from
 */
export async function featureParity(clickhouse: ClickHouse, project: Project, request: ParityRequest): Promise<ParityReport> {
  const { onProgress = () => {}, sample = SAMPLE, seed = 0, signal } = request;
  const set = findFeatureSet(project, request.features);
  checkCount(sample, '"sample"', 1, MOST_PAIRS);
  checkCount(seed, '"seed"', 0, Number.MAX_SAFE_INTEGER);
  const range = rangeOf(project, request);
  const watermark = await readWatermark(clickhouse);
  const moments = await paritySample(clickhouse, { set, range, asOf: watermark, pairs: sample, seed });
  if (moments.length === 0)
    throw new QueryError(
      `No event that "${set.name}" counts happened from ${showMoment(range.from)} to ${showMoment(range.to)}: look further back.`,
    );
  const trained = await trainingValues(clickhouse, project, set, moments, watermark, signal);
  const online = request.online ?? ownPath(clickhouse, set, signal);
  const tally = new Tally(describeFeatures(set).map(({ name }) => name));
  let done = 0;
  for (const { at, entities } of moments) {
    signal?.throwIfAborted();
    const training = trained.slice(done, done + entities.length);
    const then = await online({ at, entities, asOf: await readWatermarkAt(clickhouse, at) });
    const isSame = then.every((row, index) => tally.features.every((name) => row[name] === training[index]?.[name]));
    // What differs is asked again of the log as it is now: what is right then was only not there yet.
    const now = isSame ? then : await online({ at, entities, asOf: watermark });
    for (const [index, entity] of entities.entries())
      tally.add({ entity, at: showMoment(at) }, training[index] ?? {}, then[index] ?? {}, now[index] ?? {});
    done += entities.length;
    onProgress(done, trained.length);
  }
  const { byFeature, differences } = tally;
  const ok = byFeature.every(({ mismatch }) => mismatch === 0);
  return { ok, features: set.name, pairs: done, moments: moments.length, seed, watermark, byFeature, differences };
}

function checkCount(value: number, what: string, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new QueryError(`${what} must be a whole number from ${least} to ${most.toLocaleString("en")}, not ${JSON.stringify(value)}.`);
}

function rangeOf({ timezone }: Project, { from, to }: ParityRequest): TimeRange {
  const present = { now: Date.now() * 1_000, timezone };
  const end = Math.min(present.now, to === undefined ? present.now : resolveMoment(to, "to", present));
  const start = from === undefined ? end - DAYS_7 : resolveMoment(from, "from", present);
  if (start >= end)
    throw new QueryError(`"from" must lie before "to", and in the past: ${showMoment(start)} does not lie before ${showMoment(end)}.`);
  return { from: start, to: end };
}

function ownPath(clickhouse: ClickHouse, set: FeatureSet, signal: AbortSignal | undefined): OnlinePath {
  return ({ asOf, at, entities }) => askOnline(clickhouse, { set, entities: resolveEntities(set, entities), at, asOf }, signal);
}

/** The same pairs by the training path, in order. */
async function trainingValues(
  clickhouse: ClickHouse,
  project: Project,
  set: FeatureSet,
  moments: readonly SampledMoment[],
  asOf: Watermark,
  signal: AbortSignal | undefined,
): Promise<readonly OnlineRow[]> {
  const rows = moments.flatMap(({ at, entities }) => entities.map((entity) => ({ ...entity, time: showMoment(at) })));
  const columns = featureColumns(set);
  const asked = { spine: { rows }, features: set, asOf, ...(signal ? { signal } : {}) };
  return withTrainingRows(clickhouse, project, asked, [], async ({ table }, abortable) => {
    const found = await abortable.rows<Record<string, string | number | null>>({
      name: "Read the trained values",
      sql: `SELECT ${columns.map(({ column }) => column).join(", ")} FROM ${table} ORDER BY spine_row`,
    });
    return found.map((row) =>
      Object.fromEntries(columns.map(({ column, name, type }) => [name, type === "integer" ? Number(row[column]) : (row[column] ?? null)])),
    );
  });
}

/** Counts what was alike, and keeps the first of each feature that was not. */
class Tally {
  readonly features: readonly string[];
  readonly #counts: Map<string, { match: number; mismatch: number; missing: number }>;
  readonly #first = { mismatch: new Map<string, ParityDifference>(), missing: new Map<string, ParityDifference>() };

  constructor(features: readonly string[]) {
    this.features = features;
    this.#counts = new Map(features.map((feature) => [feature, { match: 0, mismatch: 0, missing: 0 }]));
  }

  add(pair: Pick<ParityDifference, "entity" | "at">, training: OnlineRow, then: OnlineRow, now: OnlineRow): void {
    for (const [feature, counts] of this.#counts) {
      const [trained = null, online = null, later = null] = [training, then, now].map((row) => row[feature] ?? null);
      const kind = online === trained ? "match" : later === trained ? "missing" : "mismatch";
      counts[kind] += 1;
      if (kind === "match" || this.#first[kind].has(feature)) continue;
      this.#first[kind].set(feature, { feature, kind, ...pair, online, training: trained });
    }
  }

  get byFeature(): ParityReport["byFeature"] {
    return [...this.#counts].map(([feature, counts]) => ({ feature, ...counts }));
  }

  get differences(): readonly ParityDifference[] {
    return [...this.#first.mismatch.values(), ...this.#first.missing.values()];
  }
}
