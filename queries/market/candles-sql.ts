import { fieldSql, type Statement } from "../../clickhouse/index.ts";
import type { EventDefinition, Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { findField } from "../find-field.ts";
import { bucketSql } from "../trends/bucket-sql.ts";
import { atOrBefore } from "../watermark.ts";
import { DECIMALS, scaledSql } from "./resolve-market.ts";

/** Which events have a price, and where. */
export interface PriceSource {
  readonly event: EventDefinition;
  readonly price: string;
  readonly size: string | undefined;
  readonly by: string;
}

/** What candles are made of. */
export interface CandleSource extends PriceSource {
  readonly only: readonly string[] | undefined;
  readonly watermark: Watermark;
}

/** A row of {@link candlesStatement}. Whole numbers of 10^-8 come as text. */
export interface CandleRow {
  readonly start: string;
  readonly instrument: string | number | boolean | null;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly trades: string;
  readonly volume: string;
  /** Sum of price times size, in 10^-16. */
  readonly turnover: string;
  /** Time of the first price, microseconds since 1970. */
  readonly first: string;
  /** Last price, in 10^-8. */
  readonly last: string;
  /** Time of the last price, microseconds since 1970. */
  readonly final: string;
  /** Sum of prices, each times the microseconds until the next one of the bucket (the last one's is not in it), in 10^-8. */
  readonly held: string;
}

/** Order in time, and of the log where times are equal; total. */
const ORDER = ["time", "stream", "epoch", "seq", "idx"];

/** First, greatest, least and last price, as columns over rows of {@link pricesSql}. */
export const PRICE_COLUMNS = {
  open: `toFloat64(argMin(price, (${ORDER.join(", ")}))) / 1e${DECIMALS}`,
  high: `toFloat64(max(price)) / 1e${DECIMALS}`,
  low: `toFloat64(min(price)) / 1e${DECIMALS}`,
  close: `toFloat64(argMax(price, (${ORDER.join(", ")}))) / 1e${DECIMALS}`,
} as const;
/** Sum of price times size, in 10^-16. */
export const TURNOVER = "sum(toInt256(price) * toInt256(size))";

/**
 * One row for each bucket and instrument that has a price.
 * @param edges of the buckets, microseconds since 1970
 * @param until no price holds longer; microseconds since 1970
 */
export function candlesStatement(
  source: CandleSource,
  range: { from: number; to: number },
  edges: readonly number[],
  until: number,
  limit: number,
): Statement {
  const bindings = new Bindings();
  const prices = knownPrices(source, `time >= ${bindings.moment(range.from)} AND time < ${bindings.moment(range.to)}`, bindings);
  const bucket = bucketSql(edges, "at", bindings);
  const stop = bindings.bind("Int64", until);
  const order = ORDER.join(", ");
  return {
    name: `Candles of ${source.event.type}`,
    sql: `WITH ticks AS (SELECT *, ${bucket} AS start FROM (${prices})),
      timed AS (SELECT *, leadInFrame(at, 1, at) OVER (PARTITION BY start, instrument ORDER BY ${order} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next FROM ticks)
    SELECT start, instrument,
      ${Object.entries(PRICE_COLUMNS)
        .map(([name, expression]) => `${expression} AS ${name}`)
        .join(", ")}, count() AS trades,
      toString(sum(size)) AS volume, toString(${TURNOVER}) AS turnover,
      toString(min(at)) AS first, toString(argMax(price, (${order}))) AS last, toString(max(at)) AS final,
      toString(sum(toInt256(price) * toInt256(least(next, ${stop}) - least(at, ${stop})))) AS held
    FROM timed GROUP BY start, instrument ORDER BY start LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
  };
}

/** The last price of each instrument before the range, whole numbers of 10^-8 as text. */
export function carriedStatement(source: CandleSource, from: number, limit: number): Statement {
  const bindings = new Bindings();
  const prices = knownPrices(source, `time < ${bindings.moment(from)}`, bindings);
  return {
    name: `Last prices of ${source.event.type}`,
    sql: `SELECT instrument, toString(argMax(price, (${ORDER.join(", ")}))) AS last FROM (${prices}) GROUP BY instrument LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
  };
}

function knownPrices(source: CandleSource, within: string, bindings: Bindings): string {
  const { by, event, only, watermark } = source;
  const chosen = only && `toString(${fieldSql(findField(event, by)).expression}) IN ${bindings.bind("Array(String)", only)}`;
  return pricesSql(source, [within, atOrBefore(watermark, bindings), ...(chosen === undefined ? [] : [chosen])], bindings);
}

/** A row for each event that has a price, numbers as whole ones of 10^-8. @param within conditions @param events quoted */
export function pricesSql(
  { by, event, price, size }: PriceSource,
  within: readonly string[],
  bindings: Bindings,
  events = "events",
): string {
  const instrument = fieldSql(findField(event, by)).expression;
  const conditions = [`type = ${bindings.bind("String", event.type)}`, ...within];
  const columns = [
    ...ORDER,
    "toUnixTimestamp64Micro(time) AS at",
    `${instrument} AS instrument`,
    `${scaledSql(event, price)} AS maybe_price`,
    `ifNull(${size === undefined ? "0" : scaledSql(event, size)}, 0) AS size`,
  ];
  return `SELECT * EXCEPT maybe_price, assumeNotNull(maybe_price) AS price FROM (SELECT ${columns.join(", ")} FROM ${events} WHERE ${conditions.join(" AND ")}) WHERE maybe_price IS NOT NULL`;
}
