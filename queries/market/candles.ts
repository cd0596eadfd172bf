import { fieldSql, type ClickHouse } from "../../clickhouse/index.ts";
import { type DimensionValue, durationMs, gridEdges, longestMs, parseGrain, type Project } from "../../model/index.ts";
import { compareDimensions } from "../compare-dimensions.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";
import { readDimension } from "../read-dimension.ts";
import { takeSnapshot } from "../snapshot.ts";
import { bucketState } from "../trends/bucket-state.ts";
import type { BucketState } from "../trends/trend-answer.ts";
import { candlesStatement, carriedStatement, type CandleRow } from "./candles-sql.ts";
import type { Candle, CandlesAnswer, CandlesRequest } from "./market-request.ts";
import { DECIMALS, marketEvent, resolveMarket, scaledSql } from "./resolve-market.ts";

/** Most candles of an answer, and most buckets of a range. */
const MOST_CANDLES = 250_000;
const MOST_BUCKETS = 20_000;

/**
 * Answers how prices moved: open, high, low, close, volume, and the mean prices by volume and by time, for every bucket of every instrument. docs/market.md defines them.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function candles(clickhouse: ClickHouse, project: Project, request: CandlesRequest): Promise<CandlesAnswer> {
  const resolved = resolveMarket(project, request);
  const { from, now, timezone, to } = resolved;
  const event = marketEvent(project, request.event);
  const by = request.by ?? "subject";
  const { type } = fieldSql(findField(event, by));
  for (const field of [request.price, ...(request.size === undefined ? [] : [request.size])]) scaledSql(event, field);
  const edges = edgesOf(request.grain, { from, to, timezone });
  const { knownTo, watermark } = await takeSnapshot(clickhouse, project, request, resolved);
  const source = { event, price: request.price, size: request.size, by, only: request.only, watermark };
  const until = Math.min(to, now);
  const options = request.signal ? { signal: request.signal } : {};
  const [found, carried] = await Promise.all([
    clickhouse.rows<CandleRow>({ ...candlesStatement(source, { from, to }, edges, until, MOST_CANDLES + 1), ...options }),
    clickhouse.rows<{ instrument: DimensionValue; last: string }>({ ...carriedStatement(source, from, MOST_CANDLES + 1), ...options }),
  ]);
  const rows = found.map((row) => ({ ...row, instrument: readDimension({ type }, row.instrument) }));
  const lateness = durationMs(project.lateness) * 1_000;
  const stateOf = (end: number): BucketState => bucketState(end, knownTo, lateness);
  const prices = new Map(carried.map(({ instrument, last }) => [readDimension({ type }, instrument), BigInt(last)]));
  return {
    event: event.type,
    from: new Date(from / 1_000),
    to: new Date(to / 1_000),
    grain: request.grain,
    timezone,
    candles: fillCandles(rows, prices, { edges, from, to, until, stateOf, sized: request.size !== undefined }),
    watermark,
  };
}

function edgesOf(text: string, { from, timezone, to }: { from: number; to: number; timezone: string }): number[] {
  const grain = parseGrain(text);
  if (!grain) throw new QueryError(`There is no grain ${JSON.stringify(text)}: write a length such as "5 minutes", "hour" or "day".`);
  const edges = (to - from) / 1_000 / longestMs(grain) > MOST_BUCKETS ? undefined : gridEdges({ from, to, grain, timezone });
  if (edges && edges.length - 1 <= MOST_BUCKETS) return edges;
  throw new QueryError(`The range has over ${MOST_BUCKETS.toLocaleString("en")} candles: choose a coarser grain or a shorter range.`);
}

/** What is needed besides the rows. */
interface Frame {
  readonly edges: readonly number[];
  readonly from: number;
  readonly to: number;
  /** No price holds longer. */
  readonly until: number;
  readonly stateOf: (end: number) => BucketState;
  readonly sized: boolean;
}

/** Every bucket of every instrument, each going on with the last price. @param prices of before the range; changed on the way */
function fillCandles(rows: readonly CandleRow[], prices: Map<DimensionValue, bigint>, frame: Frame): Candle[] {
  const found = new Map(rows.map((row) => [`${row.start} ${JSON.stringify(row.instrument)}`, row]));
  const instruments = [...new Set([...prices.keys(), ...rows.map(({ instrument }) => instrument)])].sort(compareDimensions);
  const buckets = frame.edges.length - 1;
  if (instruments.length * buckets > MOST_CANDLES)
    throw new QueryError(
      `${instruments.length.toLocaleString("en")} instruments have over ${MOST_CANDLES.toLocaleString("en")} candles: name some, or choose a coarser grain.`,
    );
  return frame.edges.slice(0, -1).flatMap((start, index) => {
    const end = frame.edges[index + 1] ?? start;
    return instruments.map((instrument) => {
      const row = found.get(`${start} ${JSON.stringify(instrument)}`);
      const before = prices.get(instrument);
      if (row) prices.set(instrument, BigInt(row.last));
      return candle(instrument, [start, end], row, before, frame);
    });
  });
}

function candle(
  instrument: DimensionValue,
  [start, end]: readonly [number, number],
  row: CandleRow | undefined,
  before: bigint | undefined,
  { from, sized, stateOf, to, until }: Frame,
): Candle {
  const volume = BigInt(row?.volume ?? 0);
  const unit = 10n ** BigInt(DECIMALS);
  return {
    instrument,
    start: new Date(start / 1_000),
    end: new Date(end / 1_000),
    state: stateOf(end),
    partial: start < from || end > to,
    open: row?.open ?? null,
    high: row?.high ?? null,
    low: row?.low ?? null,
    close: row?.close ?? null,
    trades: Number(row?.trades ?? 0),
    volume: sized ? ratio(volume, unit) : null,
    vwap: sized && row && volume !== 0n ? ratio(BigInt(row.turnover), volume * unit) : null,
    twap: meanOverTime([Math.max(start, from), Math.min(end, until)], row, before),
  };
}

/** The mean price over a stretch: that of before until the first of its own, then each until the next. Time before any price is known does not count. */
function meanOverTime([start, end]: readonly [number, number], row: CandleRow | undefined, before: bigint | undefined): number | null {
  const first = row ? Math.min(Number(row.first), end) : end;
  const since = before === undefined ? first : start;
  const length = Math.max(0, end - since);
  if (length === 0) return null;
  const carried = (before ?? 0n) * BigInt(first - since);
  const own = row ? BigInt(row.held) + BigInt(row.last) * BigInt(Math.max(0, end - Number(row.final))) : 0n;
  return ratio(carried + own, BigInt(length) * 10n ** BigInt(DECIMALS));
}

/** A quotient of whole numbers as a double, to 15 digits and more. */
function ratio(numerator: bigint, denominator: bigint): number {
  // Whole part and remainder apart: each keeps its digits.
  const whole = numerator / denominator;
  return Number(whole) + Number(numerator - whole * denominator) / Number(denominator);
}
