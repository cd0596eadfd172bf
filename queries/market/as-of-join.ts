import { fieldSql, type ClickHouse } from "../../clickhouse/index.ts";
import type { Project, Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { DimensionValue } from "../trends/trend-request.ts";
import { atOrBefore, readWatermark } from "../watermark.ts";
import type { MarketRequest } from "./market-request.ts";
import { marketEvent, marketField, resolveMarket } from "./resolve-market.ts";

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
  readonly from: Date;
  readonly to: Date;
  readonly rows: readonly AsOfJoinRow[];
  /** Every event at or before it is counted, and no other. */
  readonly watermark: Watermark;
}

/** A row as the statement returns it: fields and what was found are JSON arrays. */
interface Row {
  readonly instrument: DimensionValue;
  readonly at: string;
  readonly id: string;
  readonly own: readonly DimensionValue[];
  readonly known: number;
  readonly found_at: string;
  readonly found_id: string;
  readonly found_own: readonly DimensionValue[];
}

const MOST_ROWS = 250_000;
const ORDER = "time, stream, epoch, seq, idx";

/**
 * Joins each event with what was known before it: of two at the same time the one that comes first in the log comes first, so a quote of the same time counts if it lies before the trade.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function asOfJoin(clickhouse: ClickHouse, project: Project, request: AsOfJoinRequest): Promise<AsOfJoinAnswer> {
  const { from, to } = resolveMarket(project, request);
  const { by = "subject" } = request;
  const [event, lookUp] = [marketEvent(project, request.event), marketEvent(project, request.lookUp)];
  if (event === lookUp) throw new QueryError("An event is looked up for events of another type: name two.");
  const instruments = [event, lookUp].map((each) => fieldSql(marketField(each, by)));
  if (instruments[0]?.type !== instruments[1]?.type)
    throw new QueryError(`"${by}" is of another type in "${event.type}" than in "${lookUp.type}".`);
  const own = request.fields.map((ref) => asText(fieldSql(marketField(event, ref)).expression));
  const others = request.lookUpFields.map((ref) => asText(fieldSql(marketField(lookUp, ref)).expression));
  const watermark = request.asOf ?? (await readWatermark(clickhouse));
  const position = atOrBefore(watermark);
  const instrument = `if(type = {event:String}, ${instruments[0]?.expression ?? ""}, ${instruments[1]?.expression ?? ""})`;
  const rows = await clickhouse.rows<Row>({
    name: `${event.type} with ${lookUp.type} as of then`,
    sql: `WITH seen AS (SELECT ${ORDER}, id, type, toUnixTimestamp64Micro(time) AS at, ${instrument} AS instrument,
        if(type = {event:String}, [${own.join(", ")}]::Array(Nullable(String)), [${others.join(", ")}]::Array(Nullable(String))) AS own
      FROM events WHERE (type = {lookUp:String} OR (type = {event:String} AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')))
        AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC') AND ${position.sql}
        ${request.only ? `AND toString(${instrument}) IN {only:Array(String)}` : ""}),
      joined AS (SELECT *, countIf(type = {lookUp:String}) OVER w AS known,
        argMaxIf((at, id, own), (${ORDER}), type = {lookUp:String}) OVER w AS last FROM seen
        WINDOW w AS (PARTITION BY instrument ORDER BY ${ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    SELECT instrument, toString(at) AS at, id, own, toUInt32(known > 0) AS known, toString(last.1) AS found_at, last.2 AS found_id, last.3 AS found_own
    FROM joined WHERE type = {event:String} ORDER BY ${ORDER} LIMIT {limit:UInt64}`,
    params: {
      event: event.type,
      lookUp: lookUp.type,
      from,
      to,
      limit: MOST_ROWS + 1,
      ...position.params,
      ...(request.only ? { only: request.only } : {}),
    },
    settings: { prefer_column_name_to_alias: 1 },
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (rows.length > MOST_ROWS) throw new QueryError(`There are over ${MOST_ROWS.toLocaleString("en")} events: choose a shorter range.`);
  return { from: new Date(from / 1_000), to: new Date(to / 1_000), rows: rows.map((row) => readRow(row, request)), watermark };
}

/** Fields of all types travel together as JSON values. */
function asText(expression: string): string {
  return `if(isNull(${expression}), NULL, toJSONString(assumeNotNull(${expression})))`;
}

function readRow(row: Row, { fields, lookUpFields }: AsOfJoinRequest): AsOfJoinRow {
  return {
    instrument: row.instrument,
    time: new Date(Number(row.at) / 1_000),
    id: row.id,
    fields: named(fields, row.own),
    found:
      row.known === 0
        ? null
        : { time: new Date(Number(row.found_at) / 1_000), id: row.found_id, fields: named(lookUpFields, row.found_own) },
  };
}

function named(refs: readonly string[], values: readonly DimensionValue[]): Record<string, DimensionValue> {
  return Object.fromEntries(
    refs.map((ref, index) => {
      const value = values[index] ?? null;
      return [ref, typeof value === "string" ? (JSON.parse(value) as DimensionValue) : null];
    }),
  );
}
