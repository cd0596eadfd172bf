import { fieldSql, type ClickHouse, type Statement } from "../../clickhouse/index.ts";
import type { DimensionValue, EventDefinition, Project, TimeRange, Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { Bindings } from "../bindings.ts";
import { findField } from "../find-field.ts";
import { readDimension } from "../read-dimension.ts";
import { takeSnapshot } from "../snapshot.ts";
import { atOrBefore } from "../watermark.ts";
import type { MarketRequest } from "./market-request.ts";
import { marketEvent, resolveMarket } from "./resolve-market.ts";

/** Events (trades, say), each with the last of other events (quotes) of the same instrument before it. */
export interface AsOfJoinRequest extends Omit<MarketRequest, "ingestedUntil"> {
  /** Type of the events that are looked at, and fields of them to show. */
  readonly event: string;
  readonly fields: readonly string[];
  /** Type of the events that are looked up, and fields of them to show. */
  readonly lookUp: string;
  readonly lookUpFields: readonly string[];
}

/** One event of the range, and what was looked up for it. */
export interface AsOfJoinRow {
  readonly instrument: DimensionValue;
  readonly time: Date;
  readonly id: string;
  readonly fields: Readonly<Record<string, DimensionValue>>;
  /** The last one before it in the order of time and then of the log; null if there is none. */
  readonly found: { readonly time: Date; readonly id: string; readonly fields: Readonly<Record<string, DimensionValue>> } | null;
}

/** Rows in the order of time and then of the log. */
export interface AsOfJoinAnswer {
  readonly event: string;
  readonly fields: readonly string[];
  readonly lookUp: string;
  readonly lookUpFields: readonly string[];
  readonly from: Date;
  readonly to: Date;
  readonly timezone: string;
  readonly rows: readonly AsOfJoinRow[];
  /** Every event at or before it is counted, and no other. */
  readonly watermark: Watermark;
}

/** A row as the statement returns it: fields and what was found are JSON arrays. */
interface Row {
  readonly instrument: DimensionValue;
  readonly at: string;
  readonly id: string;
  readonly own: readonly (string | null)[];
  readonly known: number;
  readonly found_at: string;
  readonly found_id: string;
  readonly found_own: readonly (string | null)[];
}

const MOST_ROWS = 250_000;
const ORDER = "time, stream, epoch, seq, idx";

/**
 * Joins each event with what was known before it: of two at the same time the one that comes first in the log comes first, so a quote of the same time counts if it lies before the trade.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function asOfJoin(clickhouse: ClickHouse, project: Project, request: AsOfJoinRequest): Promise<AsOfJoinAnswer> {
  const resolved = resolveMarket(project, request);
  const { from, to } = resolved;
  const sides = resolveSides(project, request);
  const { watermark } = await takeSnapshot(clickhouse, project, request, resolved);
  const statement = joinStatement(sides, resolved, request.only, watermark);
  const rows = await clickhouse.rows<Row>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  if (rows.length > MOST_ROWS) throw new QueryError(`There are over ${MOST_ROWS.toLocaleString("en")} events: choose a shorter range.`);
  const { event, fields, lookUp, lookUpFields } = request;
  return {
    event,
    fields,
    lookUp,
    lookUpFields,
    from: new Date(from / 1_000),
    to: new Date(to / 1_000),
    timezone: resolved.timezone,
    rows: rows.map((row) => readRow(row, sides)),
    watermark,
  };
}

/** One of the two events that are joined, with SQL of its fields. */
interface Side {
  readonly event: EventDefinition;
  readonly instrument: FieldColumn;
  readonly fields: readonly FieldColumn[];
}

interface FieldColumn {
  readonly ref: string;
  readonly expression: string;
  readonly type: string;
}

interface Sides {
  readonly own: Side;
  readonly other: Side;
}

function resolveSides(project: Project, { by = "subject", event, fields, lookUp, lookUpFields }: AsOfJoinRequest): Sides {
  const [own, other] = [sideOf(project, event, by, fields), sideOf(project, lookUp, by, lookUpFields)];
  if (own.event === other.event) throw new QueryError("An event is looked up for events of another type: name two.");
  if (own.instrument.type !== other.instrument.type) throw new QueryError(`"${by}" is of another type in "${event}" than in "${lookUp}".`);
  return { own, other };
}

function sideOf(project: Project, type: string, by: string, fields: readonly string[]): Side {
  const event = marketEvent(project, type);
  const columnOf = (ref: string): FieldColumn => ({ ref, ...fieldSql(findField(event, ref)) });
  return { event, instrument: columnOf(by), fields: fields.map(columnOf) };
}

function joinStatement(
  { other, own }: Sides,
  { from, to }: TimeRange,
  only: readonly string[] | undefined,
  watermark: Watermark,
): Statement {
  const bindings = new Bindings();
  const isOwn = `type = ${bindings.bind("String", own.event.type)}`;
  const isOther = `type = ${bindings.bind("String", other.event.type)}`;
  const instrument = `if(${isOwn}, ${own.instrument.expression}, ${other.instrument.expression})`;
  const conditions = [
    `(${isOther} OR (${isOwn} AND time >= ${bindings.moment(from)}))`,
    `time < ${bindings.moment(to)}`,
    atOrBefore(watermark, bindings),
    ...(only ? [`toString(${instrument}) IN ${bindings.bind("Array(String)", only)}`] : []),
  ];
  return {
    name: `${own.event.type} with ${other.event.type} as of then`,
    sql: `WITH seen AS (SELECT ${ORDER}, id, type, toUnixTimestamp64Micro(time) AS at, ${instrument} AS instrument,
        if(${isOwn}, ${asTexts(own.fields)}, ${asTexts(other.fields)}) AS own
      FROM events WHERE ${conditions.join(" AND ")}),
      joined AS (SELECT *, countIf(${isOther}) OVER w AS known, argMaxIf((at, id, own), (${ORDER}), ${isOther}) OVER w AS last FROM seen
        WINDOW w AS (PARTITION BY instrument ORDER BY ${ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    SELECT instrument, toString(at) AS at, id, own, toUInt32(known > 0) AS known, toString(last.1) AS found_at, last.2 AS found_id, last.3 AS found_own
    FROM joined WHERE ${isOwn} ORDER BY ${ORDER} LIMIT ${bindings.bind("UInt64", MOST_ROWS + 1)}`,
    params: bindings.params,
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** Fields of all types travel together as JSON values. */
function asTexts(fields: readonly FieldColumn[]): string {
  const texts = fields.map(({ expression }) => `if(isNull(${expression}), NULL, toJSONString(assumeNotNull(${expression})))`);
  return `[${texts.join(", ")}]::Array(Nullable(String))`;
}

function readRow(row: Row, { other, own }: Sides): AsOfJoinRow {
  const found = { time: new Date(Number(row.found_at) / 1_000), id: row.found_id, fields: named(other.fields, row.found_own) };
  return {
    instrument: readDimension(own.instrument, row.instrument),
    time: new Date(Number(row.at) / 1_000),
    id: row.id,
    fields: named(own.fields, row.own),
    found: row.known === 0 ? null : found,
  };
}

function named(fields: readonly FieldColumn[], values: readonly (string | null)[]): Record<string, DimensionValue> {
  return Object.fromEntries(
    fields.map(({ ref, type }, index) => {
      const value = values[index] ?? null;
      return [ref, value === null ? null : readDimension({ type }, JSON.parse(value) as DimensionValue)];
    }),
  );
}
