import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, type EventDefinition, type FeatureSet, type Project, type TimeRange, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { QueryError } from "../query-error.ts";
import { atOrBefore } from "../watermark.ts";
import { eventOf } from "./events-source.ts";
import { featureColumns } from "./feature-columns.ts";
import { instantSql } from "./instant.ts";
import type { Manifest } from "./manifest.ts";
import { fieldExpression } from "./pass-source.ts";
import { describeQuery, type SpineQuery } from "./query-source.ts";
import { showMoment } from "./show-moment.ts";

/** What recent rows depend on. */
export interface RecentContext {
  readonly clickhouse: ClickHouse;
  readonly project: Project;
  readonly set: FeatureSet;
  readonly asOf: Watermark;
  readonly time: TimeRange;
  /** The most rows; of more, as many are chosen by a hash. */
  readonly sample: number;
  /** Another seed chooses others. */
  readonly seed: number;
}

/** Rows of today's to compare a training set with. */
export interface RecentSpine {
  readonly spine: SpineQuery;
  /** What its rows are, in words, e.g. "each order.placed". */
  readonly of: string;
  /** How many there are before the choice. */
  readonly rows: number;
}

/**
 * Rows like those that a training set was built for, in another range: of a set of events, the events of that type; of one by SQL, what the statement gives in that range. Label rows of a file or a program have no such rule: then
 * each event that the set's features are about is a row.
 * @throws QueryError if there are none
 */
export async function recentSpine(context: RecentContext, { spine }: Manifest): Promise<RecentSpine> {
  const bindings = new Bindings("recent_");
  const found = spine.from === "sql" ? await ofQuery(context, spine, bindings) : ofEvents(context, eventsOf(context, spine), bindings);
  const params = { ...found.params, ...bindings.params };
  const [count] = await context.clickhouse.rows<{ rows: string }>({
    name: "Count the recent rows",
    sql: `SELECT count() AS rows FROM (${found.sql})`,
    params,
  });
  const rows = Number(count?.rows ?? 0);
  if (rows === 0) {
    const { from, to } = context.time;
    throw new QueryError(
      `Nothing to compare with: there is no row of ${found.of} from ${showMoment(from)} to ${showMoment(to)}: ask about another time, or give label rows.`,
    );
  }
  const keys = [...entityColumns(context.set).map(({ name }) => name), "time"].map((name) => `toString(${identifier(name)})`);
  const order = `sipHash64(${bindings.bind("UInt64", context.seed)}, ${keys.join(", ")})`;
  const chosen =
    rows > context.sample ? `SELECT * FROM (${found.sql}) ORDER BY ${order} LIMIT ${bindings.bind("UInt64", context.sample)}` : found.sql;
  return { spine: { sql: chosen, params: { ...params, ...bindings.params } }, of: found.of, rows };
}

interface Found extends SpineQuery {
  readonly of: string;
}

function eventsOf({ project, set }: RecentContext, spine: Manifest["spine"]): readonly EventDefinition[] {
  if (spine.from === "events") return [eventOf(spine.type, project)];
  const features = featureColumns(set).flatMap(({ feature }) => (feature.kind === "window" ? [feature.event] : []));
  const events = [...new Map(features.map((event) => [event.type, event])).values()];
  if (events.length > 0) return events;
  throw new QueryError(`The features of "${set.name}" are about no event, so nothing says which rows are recent: give label rows.`);
}

function ofEvents({ asOf, set, time }: RecentContext, events: readonly EventDefinition[], bindings: Bindings): Found {
  const entity = entityColumns(set);
  const each = events.map((event) => {
    const parts = entity.map(({ field }, index) => `toString(${fieldExpression(event, field)}) AS e${index}`);
    return `SELECT ${parts.join(", ")}, time AS at FROM events WHERE type = ${bindings.bind("String", event.type)}
  AND time >= ${bindings.moment(time.from)} AND time < ${bindings.moment(time.to)} AND ${atOrBefore(asOf, bindings)}`;
  });
  const names = entity.map(({ name }, index) => `e${index} AS ${identifier(name)}`);
  const known = entity.map((_, index) => `e${index} != ''`);
  return {
    of: `each ${events.map(({ type }) => type).join(", ")}`,
    sql: `SELECT ${names.join(", ")}, at AS time FROM (${each.join("\nUNION ALL\n")}) WHERE ${known.join(" AND ")}`,
  };
}

async function ofQuery({ clickhouse, time }: RecentContext, { params, sql }: SpineQuery, bindings: Bindings): Promise<Found> {
  const inner = sql.replace(/[\s;]+$/, "");
  const type = (await describeQuery(clickhouse, inner, params ?? {})).find(({ name }) => name === "time")?.type ?? "";
  const instant = type.includes("DateTime") ? "toDateTime64(time, 6, 'UTC')" : instantSql("toString(time)");
  const condition = `${instant} >= ${bindings.moment(time.from)} AND ${instant} < ${bindings.moment(time.to)}`;
  return {
    of: "the set's SQL",
    sql: `SELECT * FROM (\n${inner}\n) WHERE ${condition}`,
    ...(params ? { params } : {}),
  };
}
