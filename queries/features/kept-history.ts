import { randomBytes } from "node:crypto";
import { fieldSql, identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, resolveField, type EventDefinition, type FeatureSet, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import type { CountedColumn } from "./counted-columns.ts";
import { entityKey } from "./entity-key.ts";
import type { History } from "./online-statement.ts";
import { fieldExpression } from "./pass-source.ts";

/** A history that more events can be added to. */
export interface KeptHistory extends History {
  readonly event: EventDefinition;
  /** Adds the events between two positions; after a failure nobody knows which are in. */
  add(from: Watermark, to: Watermark): Promise<void>;
  drop(): Promise<void>;
}

/** What is kept of each event besides the fields. */
const PLACE = {
  time: "DateTime64(6, 'UTC')",
  known_at: "DateTime64(6, 'UTC')",
  stream: "LowCardinality(String)",
  epoch: "UInt64",
  seq: "UInt64",
  idx: "UInt32",
} as const;

/**
 * Makes an empty history of the events of one type, in the memory of ClickHouse (engine Join): found by its entity without a search, where `events` has to be read for each answer.
 * @param columns what is measured over them
 * @param since events before are not kept, microseconds since 1970
 */
export async function keptHistory(
  clickhouse: ClickHouse,
  set: FeatureSet,
  event: EventDefinition,
  columns: readonly CountedColumn[],
  since: number,
): Promise<KeptHistory> {
  const fields = fieldsOf(event, columns);
  const table = identifier(`serving_${Math.floor(Date.now() / 1_000)}_${randomBytes(8).toString("hex")}`);
  const ddl = [
    "entity String",
    ...Object.entries(PLACE).map((each) => each.join(" ")),
    ...fields.map(({ column, type }) => `${column} ${type}`),
  ];
  await clickhouse.command({
    name: "Create a table to serve from",
    sql: `CREATE TABLE ${table} (${ddl.join(", ")}) ENGINE = Join(ALL, INNER, entity) SETTINGS persistent = 0`,
  });
  const key = entityKey(entityColumns(set).map(({ field }) => `toString(${fieldExpression(event, field)})`));
  const add = async (from: Watermark, to: Watermark): Promise<void> => {
    const bindings = new Bindings();
    const wanted = [
      `type = ${bindings.bind("String", event.type)}`,
      `time >= ${bindings.moment(Math.max(0, since))}`,
      between(from, to, bindings),
      // An event that lacks a part of its entity is about nobody.
      `isNotNull(${key})`,
    ];
    await clickhouse.command({
      name: "Add events to what is served from",
      sql: `INSERT INTO ${table} SELECT ${[`assumeNotNull(${key})`, ...Object.keys(PLACE), ...fields.map(({ expression }) => expression)].join(", ")}
FROM events WHERE ${wanted.join(" AND ")}`,
      params: bindings.params,
    });
  };
  // The longest first: the text of one may be in another's.
  const inTurn = [...fields].sort((a, b) => b.expression.length - a.expression.length);
  const rewrite = (sql: string): string => inTurn.reduce((text, { column, expression }) => text.replaceAll(expression, column), sql);
  const drop = (): Promise<void> => clickhouse.command({ name: "Drop a table that was served from", sql: `DROP TABLE IF EXISTS ${table}` });
  return { event, table, rewrite, add, drop };
}

/** The fields that measures and filters look at, each a column. */
function fieldsOf(
  event: EventDefinition,
  columns: readonly CountedColumn[],
): readonly { readonly column: string; readonly expression: string; readonly type: string }[] {
  const refs = columns.flatMap(({ filters, measure }) => [...("field" in measure ? [measure.field] : []), ...filters.flatMap(Object.keys)]);
  const found = new Map(
    refs.map((ref) => {
      const field = resolveField(event, ref);
      if ("problem" in field) throw new Error(`A feature: ${field.problem}.`);
      const { expression, type } = fieldSql(field);
      return [expression, type] as const;
    }),
  );
  return [...found].map(([expression, type], index) => ({ column: `field_${index}`, expression, type }));
}

/** Of the streams of `to`, what lies after `from`: told by sequences, which an index knows. */
function between(from: Watermark, to: Watermark, bindings: Bindings): string {
  const lanes = Object.entries(to).map(([stream, position]) => {
    const held = from[stream];
    const upTo = atOrBefore({ [stream]: position }, bindings);
    return held ? `(${upTo} AND epoch = ${bindings.bind("UInt64", held.epoch)} AND seq > ${bindings.bind("UInt64", held.seq)})` : upTo;
  });
  return lanes.length === 0 ? "false" : `(${lanes.join(" OR ")})`;
}
