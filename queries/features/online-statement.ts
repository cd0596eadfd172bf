import { fieldSql, identifier } from "../../clickhouse/index.ts";
import { entityColumns, resolveField, type EventDefinition, type FeatureSet, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { besideLabels } from "./beside-labels.ts";
import { countedColumns } from "./counted-columns.ts";
import { entityKey } from "./entity-key.ts";
import { featureColumns } from "./feature-columns.ts";
import { eventsJoin, joinedFeatures } from "./joined-features.ts";
import type { History } from "./history.ts";
import { passSource } from "./pass-source.ts";
import { servedFeatures } from "./served-features.ts";

/** Whose features, when, and of what part of the log. */
export interface OnlineLabels {
  readonly set: FeatureSet;
  /** The texts of each part of the entities, in the order of the set's columns: as many lists as there are parts, all of one length. */
  readonly entities: readonly (readonly string[])[];
  /** T, microseconds since 1970. */
  readonly at: number;
  readonly asOf: Watermark;
}

/** Histories by the type of their events. */
export type Histories = ReadonlyMap<EventDefinition, History>;

/** A SELECT with its bound values. */
export interface OnlineStatement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * The features of entities at one moment, in one statement: the entities are a spine that is sent along, and what is worked out of it is the training set's own SQL (`joinedFeatures`, `besideLabels`).
 * Rows come in the order asked, with the columns of a training set under their names. It wants `MISSING_IS_NULL`.
 * @param histories read instead of `events`, by type of event
 */
export function onlineStatement({ asOf, at, entities, set }: OnlineLabels, histories?: Histories): OnlineStatement {
  const bindings = new Bindings();
  const whom = entityColumns(set);
  const lists = entities.map((texts) => bindings.bind("Array(String)", texts));
  const spine = { table: spineSql(lists, bindings.moment(at)), times: { first: at, last: at } };
  const features = featureColumns(set);
  const counted = countedColumns(features);
  const passes = [...new Set(counted.map(({ event }) => event))].map((event) => {
    const history = histories?.get(event);
    if (history) return `(${servedFeatures(history, spine.table, { asOf, at }, bindings)})`;
    const own = counted.filter((column) => column.event === event);
    const source = passSource(event, own, whom, spine, asOf, bindings);
    const among = entityParts(set, event).map((part, index) => `${part} IN ${lists[index]}`);
    return `(${joinedFeatures({ ...source, where: [source.where, ...among].join("\n  AND ") }, eventsJoin(source, spine.table))})`;
  });
  const names = [
    ...whom.map(({ name }, index) => `entity_${index} AS ${identifier(name)}`),
    "spine_time AS time",
    ...features.map(({ clickhouseType, name }, index) => `CAST(value_${index}, '${clickhouseType}') AS ${identifier(name)}`),
  ];
  const kept = ["spine_row", "spine_time", ...whom.map((_, index) => `entity_${index}`)].map((column) => `spine.${column} AS ${column}`);
  const sql = `SELECT ${names.join(", ")}\nFROM (${besideLabels(spine, features, passes, kept)})\nORDER BY spine_row`;
  return { sql, params: bindings.params };
}

/** The entities as a spine: `spine_row` from 1, `spine_entity`, `spine_time`, and `entity_0` … for the parts. */
function spineSql(lists: readonly string[], moment: string): string {
  const parts = lists.map((_, index) => `entity_${index}`);
  const all = lists.map((list, index) => `${list} AS list_${index}`);
  const joined = parts.map((part, index) => `list_${index} AS ${part}`);
  return `(SELECT spine_row, ${entityKey(parts)} AS spine_entity, ${moment} AS spine_time, ${parts.join(", ")}
FROM (SELECT ${all.join(", ")}) ARRAY JOIN ${[...joined, "arrayEnumerate(list_0) AS spine_row"].join(", ")})`;
}

/** The parts of an event's entity as SQL over `events`, each a text: what is text is left as it is, so that an index on it can be used. */
export function entityParts(set: FeatureSet, event: EventDefinition): readonly string[] {
  return entityColumns(set).map(({ field: ref }) => {
    const field = resolveField(event, ref);
    if ("problem" in field) throw new Error(`No entity: ${field.problem}.`);
    const { expression, type } = fieldSql(field);
    return type.includes("String") ? expression : `toString(${expression})`;
  });
}
