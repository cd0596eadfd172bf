import { DASHBOARD_GRAINS } from "../model/index.ts";

/** Nominal lengths of the grains after "auto", in seconds; the first three are exact. */
const LENGTHS = [60, 900, 3_600, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000];

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** More buckets than this on one panel is a mistake: it would only cost time, a screen has no more pixels. */
const MAX_BUCKETS = 2_000;

/** The offsets of every zone since 1972 are multiples of this many seconds, so wall-clock hours start on one of these ticks. */
const TICK = 900;

/** Where a panel's grid comes from, each as SQL; the defaults are what Grafana puts in when a dashboard is viewed. */
export interface GridSource {
  /** Name of a grain, one of `DASHBOARD_GRAINS`. */
  readonly grain: string;
  /** IANA zone, or "utc" as Grafana spells it. */
  readonly zone: string;
  /** Ends of the range, DateTime64; `to` itself is outside. */
  readonly from: string;
  readonly to: string;
  /** Buckets of the table that is read, in seconds: an edge between two of its buckets would give wrong numbers. */
  readonly tableSeconds: number;
}

/** The dashboard's own grain, zone and range. */
export function dashboardGrid(tableSeconds: number): GridSource {
  return {
    grain: "${grain:singlequote}",
    zone: "${__timezone:singlequote}",
    from: "$__fromTime_ms",
    to: "$__toTime_ms",
    tableSeconds,
  };
}

/**
 * A range that holds that of the dashboard's grid and at most a bucket more on each side, as SQL that costs nothing: each part of a query that names the grid's own edges has them worked out again (30 ms).
 * Who reads it must leave out what is outside the grid.
 */
export function gridReach({ from, grain, to }: GridSource): { readonly from: string; readonly to: string } {
  const seconds = `dateDiff('second', ${from}, ${to})`;
  // A day more than the longest bucket; of "auto" what it stands for goes by the length of the range.
  const days = `multiIf(${grain} = 'auto', least(32, 2 + intDiv(${seconds}, ${25 * DAY})), ${grain} = 'year', 367, ${grain} = 'quarter', 93, ${grain} = 'month', 32, ${grain} = 'week', 8, 2)`;
  return { from: `${from} - toIntervalDay(${days})`, to: `${to} + toIntervalDay(${days})` };
}

/**
 * A scalar subquery that gives the edges of the buckets which cover a range, in seconds since 1970: `Array(Int64)`, ascending, the first at or before
 * `from`, the last at or after `to`. Bucket i is [edge i, edge i + 1).
 *
 * It is `gridEdges` of model/ in SQL, because a dashboard cannot run TypeScript when it is viewed, and a test holds the two equal. ClickHouse's own calendar
 * limits it to 1972 to 2105, and knows of no date that is shown twice: in the four zones that ever turned clocks back over midnight (the last in 2010) such a day begins an hour late.
 * As a scalar subquery it is a constant to ClickHouse, which `roundDown` asks for.
 * The query fails, with a sentence, rather than draw more than 2,000 buckets or cut a bucket of the table in two.
 */
export function gridSql({ grain, zone, from, to, tableSeconds }: GridSource): string {
  const zoneName = `if(${zone} = 'utc', 'UTC', ${zone})`;
  return `(
    SELECT arrayFilter((edge, before, next) -> next > from_s AND before < to_s AND throwIf(edge % ${tableSeconds} != 0, 'The buckets of this rollup (${tableSeconds} s) do not fit the days of this time zone: choose UTC.') = 0,
        edges, arrayPushFront(arrayPopBack(edges), from_s), arrayPushBack(arrayPopFront(edges), to_s + 1))
    FROM (
        SELECT from_s, to_s, if(throwIf(to_s - from_s > ${MAX_BUCKETS} * step, 'More than ${MAX_BUCKETS} buckets: choose a coarser grain, or auto.') = 1 OR step >= ${DAY},
            ${calendarEdges(zoneName)},
            ${fixedEdges(tableSeconds, zoneName)}) AS edges
        FROM (
            SELECT *, multiIf(${grain} != 'auto', ${grain}, ${automatic("to_s - from_s")}) AS grain, ${grainLength("grain", tableSeconds)} AS step
            FROM (SELECT intDiv(toUnixTimestamp64Milli(${from}), 1000) AS from_s, intDiv(toUnixTimestamp64Milli(${to}) + 999, 1000) AS to_s)
        )
    )
)`;
}

/** The grain that "auto" stands for: 100 to 400 buckets in most ranges. */
function automatic(length: string): string {
  const upTo = { minute: 6 * HOUR, "15 minutes": 48 * HOUR, hour: 14 * DAY, day: 200 * DAY, week: 1_095 * DAY };
  return [...Object.entries(upTo).flatMap(([grain, most]) => [`${length} <= ${most}`, `'${grain}'`]), "'month'"].join(", ");
}

/** Length of a bucket: a fixed grain is a multiple of the table's buckets. An unknown grain is 0 long, and so refused as too fine. */
function grainLength(grain: string, tableSeconds: number): string {
  const lengths = LENGTHS.map((length) => (length <= HOUR ? Math.ceil(length / tableSeconds) * tableSeconds : length));
  const grains = DASHBOARD_GRAINS.slice(1).map((name) => `'${name}'`);
  return `transform(${grain}, [${grains.join(", ")}], [${lengths.join(", ")}], 0)`;
}

/** First moments of the local dates that begin a unit, from before the range (a week may begin in the year before) to after it; that of a skipped date once. */
function calendarEdges(zone: string): string {
  const firstDay = `toStartOfYear(toDate(toDateTime(from_s, ${zone}))) - 7`;
  const days = `arrayMap(i -> addDays(${firstDay}, i), range(if(step >= ${DAY}, toUInt32(intDiv(to_s - from_s, ${DAY})) + 750, 0)))`;
  const unitStart = `multiIf(grain = 'day', day, grain = 'week', toMonday(day), grain = 'month', toStartOfMonth(day), grain = 'quarter', toStartOfQuarter(day), toStartOfYear(day))`;
  return `arrayCompact(arrayMap(day -> toInt64(toUnixTimestamp(toDateTime(day, ${zone}))), arrayFilter(day -> day = ${unitStart}, ${days})))`;
}

/** Where the zone's clocks come to a multiple of the grain or jump over one; a table with coarser buckets has its edges where UTC does. */
function fixedEdges(tableSeconds: number, zone: string): string {
  const wallClock = TICK % tableSeconds === 0;
  const tick = wallClock ? `least(step, ${TICK})` : "step";
  const count = `if(step < ${DAY}, toUInt32(intDiv(to_s - from_s, ${tick}) + 4 * intDiv(step, ${tick})), 0)`;
  const ticks = `arrayMap(i -> toInt64((intDiv(from_s, step) - 1) * step + i * ${tick}), range(${count}))`;
  if (!wallClock) return ticks;
  const clock = (at: string): string => `(${at} + timeZoneOffset(toDateTime(${at}, ${zone})))`;
  return `arrayFilter(edge -> ${clock("edge")} % step = 0 OR intDiv(${clock("edge")}, step) > intDiv(${clock("edge - 1")}, step), ${ticks})`;
}
