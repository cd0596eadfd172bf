/** Choices of the `grain` variable, from finest to coarsest; "auto" picks one by the length of the range. */
export const GRAINS = ["auto", "minute", "15 minutes", "hour", "day", "week", "month", "quarter", "year"] as const;

/** Nominal lengths of the grains after "auto", in seconds; the first three are exact. */
const LENGTHS = [60, 900, 3_600, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000];

/** More buckets than this on one panel is a mistake: it would only cost time, a screen has no more pixels. */
const MAX_BUCKETS = 2_000;

/** The offsets of every zone since 1972 are multiples of this many seconds, so wall-clock hours start on one of these ticks. */
const TICK = 900;

/** Where a panel's grid comes from, each as SQL; the defaults are what Grafana puts in when a dashboard is viewed. */
export interface GridSource {
  /** Name of a grain, one of {@link GRAINS}. */
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
 * A scalar subquery that gives the edges of the buckets which cover a range, in seconds since 1970: `Array(Int64)`, ascending, the first at or before
 * `from`, the last at or after `to`. Bucket i is [edge i, edge i + 1). It is the grid of `queries/trends` in SQL, because a dashboard cannot run
 * TypeScript when it is viewed: minutes and hours start where the zone's wall clock shows a whole one and are never drawn twice, days and longer start at the first moment of the local date
 * (so a day may have 23 or 25 hours, and one that a zone skipped is no bucket).
 * As a scalar subquery it is a constant to ClickHouse, which `roundDown` asks for, and is computed once a query.
 * The query fails, with a sentence, rather than draw more than 2,000 buckets or cut a bucket of the table in two. Exact from 1972 to 2105.
 */
export function gridSql({ grain, zone, from, to, tableSeconds }: GridSource): string {
  return `(
    WITH
        if(${zone} = 'utc', 'UTC', ${zone}) AS zone,
        intDiv(toUnixTimestamp64Milli(${from}), 1000) AS from_s,
        intDiv(toUnixTimestamp64Milli(${to}) + 999, 1000) AS to_s,
        to_s - from_s AS length,
        multiIf(${grain} != 'auto', ${grain}, length <= 21600, 'minute', length <= 172800, '15 minutes', length <= 1209600, 'hour', length <= 17280000, 'day', length <= 94608000, 'week', 'month') AS grain,
        ${grainLength(tableSeconds)} AS step,
        toDate(toDateTime(from_s, zone)) AS first_day,
        toDate(toDateTime(to_s - 1, zone)) AS last_day,
        multiIf(
            throwIf(length > ${MAX_BUCKETS} * step, 'More than ${MAX_BUCKETS} buckets: choose a coarser grain, or auto.') = 1, [],
            ${calendarEdges("day", (day) => day, "addDays")},
            ${calendarEdges("week", (day) => `toMonday(${day})`, "addWeeks")},
            ${calendarEdges("month", (day) => `toStartOfMonth(${day})`, "addMonths")},
            ${calendarEdges("quarter", (day) => `toStartOfQuarter(${day})`, "addQuarters")},
            ${calendarEdges("year", (day) => `toStartOfYear(${day})`, "addYears")},
            ${fixedEdges(tableSeconds)}
        ) AS candidates,
        arrayFilter((edge, next) -> next > from_s AND edge < to_s, arrayPopBack(candidates), arrayPopFront(candidates)) AS starts,
        arrayPushBack(starts, arrayFirst(edge -> edge >= to_s, candidates)) AS edges
    SELECT if(throwIf(arrayExists(edge -> edge % ${tableSeconds} != 0, edges), 'The buckets of this rollup (${tableSeconds} s) do not fit the days of this time zone: choose UTC.') = 0, edges, [])
)`;
}

/** Length of a bucket: a fixed grain is a multiple of the table's buckets. An unknown grain is 0 long, and so refused as too fine. */
function grainLength(tableSeconds: number): string {
  const lengths = LENGTHS.map((length) => (length <= 3_600 ? Math.ceil(length / tableSeconds) * tableSeconds : length));
  return `transform(grain, [${GRAINS.slice(1)
    .map((grain) => `'${grain}'`)
    .join(", ")}], [${lengths.join(", ")}], 0)`;
}

/** First moments of local dates, that of a skipped date once: a condition and a value of `multiIf`. */
function calendarEdges(unit: string, startOf: (day: string) => string, add: string): string {
  const count = `toUInt32(dateDiff('${unit}', ${startOf("first_day")}, ${startOf("last_day")})) + 2`;
  return `grain = '${unit}', arrayCompact(arrayMap(i -> toInt64(toUnixTimestamp(toDateTime(${add}(${startOf("first_day")}, i), zone))), range(${count})))`;
}

/** Whole minutes, quarters and hours on the wall clock of the zone; a table with coarser buckets has its edges where UTC does. */
function fixedEdges(tableSeconds: number): string {
  const tick = TICK % tableSeconds === 0 ? `least(step, ${TICK})` : "step";
  const ticks = `arrayMap(i -> toInt64((intDiv(from_s, step) - 1) * step + i * ${tick}), range(toUInt32(intDiv(length, ${tick}) + 4 * intDiv(step, ${tick}))))`;
  if (TICK % tableSeconds !== 0) return ticks;
  return `arrayFilter(edge -> (edge + timeZoneOffset(toDateTime(edge, zone))) % step = 0, ${ticks})`;
}
