import { identifier } from "../clickhouse/index.ts";
import type { Filter, Project } from "../model/index.ts";
import { ingestedUntilSql } from "../queries/index.ts";
import { drawnOutputs, drawnSeconds, groupKey, valuesBy, type DrawnMetric, type ValueKey, type ValuesRequest } from "./metric-values.ts";

/** A metric over the dashboard's whole range, and over as long a time before. */
export interface PeriodOptions {
  readonly metric: DrawnMetric;
  readonly filter?: Filter | undefined;
  /** A dimension: one row for each group, the first of them by `order`. */
  readonly groups?: { readonly by: string | ValueKey; readonly limit: number; readonly order: "value" | "difference" } | undefined;
  /** What is chosen when the dashboard is viewed. */
  readonly chosen?: ValuesRequest["chosen"];
}

/** Parts of the two periods: all of this one; as much of it as is known; as much of the one before. */
const PARTS = { now: "now", known: "known", before: "before" } as const;

/** The changes of a row of {@link periodValues}: `before`, `difference`, `growth`. */
const PERIOD_CHANGES: readonly string[] = [
  "_before AS before",
  "_known - _before AS difference",
  "if(_before = 0, NULL, (_known - _before) / abs(_before)) AS growth",
];

/** Names of a metric's numbers over the range. */
export function periodNames(metric: DrawnMetric): readonly string[] {
  const outputs = drawnOutputs(metric);
  return outputs.map(({ name }) => (outputs.length > 1 ? name : metric.name));
}

/**
 * Columns: the group if there are groups, the metric's numbers over the range, and for its first number `before` (the period before), `difference` and `growth` (a share of `before`).
 * The range is widened to whole buckets of the rollup. What is not ingested yet is in no comparison: this period up to there is held against as much of the one before; null where nothing is known.
 */
export function periodSql(project: Project, options: PeriodOptions): string {
  const { groups, metric } = options;
  const names = periodNames(metric);
  const isText = drawnOutputs(metric).some((output) => output.isText);
  const by = groups?.by;
  const group = typeof by === "string" ? groupKey(by) : by;
  const column = identifier(typeof by === "string" ? by : "group");
  const numbers = names.map((name, index) => `_now${index} AS ${identifier(name)}`);
  const changes = isText ? [] : PERIOD_CHANGES;
  const order =
    groups?.order === "difference" ? "abs(ifNull(difference, 0)) DESC" : `${identifier(names[0] ?? metric.name)} DESC NULLS LAST`;
  return `WITH ${periodBounds(project, metric)}
SELECT ${[...(group ? [`${group.name} AS ${column}`] : []), ...numbers, ...changes].join(", ")}
FROM ${periodValues(project, { ...options, group })}${groups ? `\nORDER BY ${order}, ${column}` : ""}
LIMIT ${groups?.limit ?? 1}`;
}

/** The edges of the two periods, as names that a query may use. */
export function periodBounds(project: Project, metric: DrawnMetric): string {
  const width = drawnSeconds(metric);
  const ledger = `${identifier(project.name)}.ingest_ledger`;
  const edge = (seconds: string): string => `toDateTime64(intDiv(${seconds}, ${width}) * ${width}, 0, 'UTC')`;
  const ingested = `ifNull(toUnixTimestamp64Second(${ingestedUntilSql(project.streams, ledger)}), 0)`;
  return `${edge("intDiv(toUnixTimestamp64Milli($__fromTime_ms), 1000)")} AS _from,
    ${edge(`intDiv(toUnixTimestamp64Milli($__toTime_ms) + ${width * 1_000 - 1}, 1000)`)} AS _to,
    greatest(_from, least(_to, ${edge(`least(toUnixTimestamp(now()), ${ingested})`)})) AS _until,
    _from - toIntervalSecond(dateDiff('second', _from, _to)) AS _earlier,
    _until - toIntervalSecond(dateDiff('second', _from, _to)) AS _earlier_until`;
}

/** Whose values, and gathered by what. */
type PeriodValues = Pick<ValuesRequest, "metric" | "filter" | "chosen"> & { readonly group?: ValueKey | undefined };

/** A subquery with a row for each group: `_series` if there are groups, `_now0`, `_now1` …, and `_known` and `_before` of the first number. */
export function periodValues(project: Project, { chosen, filter, group, metric }: PeriodValues): string {
  const outputs = drawnOutputs(metric);
  const part: ValueKey = {
    name: "_part",
    of: ({ bucket }) =>
      `arrayJoin(multiIf(${bucket} >= _until, ['${PARTS.now}'], ${bucket} >= _from, ['${PARTS.now}', '${PARTS.known}'], ${bucket} < _earlier_until, ['${PARTS.before}'], []))`,
  };
  const values = valuesBy(project, {
    metric,
    filter,
    chosen,
    range: { from: "_earlier", to: "_to", cuts: { moments: ["_earlier_until", "_from", "_until"] } },
    keys: [part, ...(group ? [group] : [])],
  });
  const isText = outputs.some((output) => output.isText);
  return `(
    SELECT ${[
      ...(group ? [group.name] : []),
      ...outputs.map((_, index) => `${of(`_value${index}`, PARTS.now)} AS _now${index}`),
      ...(isText ? [] : [`${compared(PARTS.known)} AS _known`, `${compared(PARTS.before)} AS _before`]),
    ].join(", ")}
    FROM ${values}${group ? `\n    GROUP BY ${group.name}` : ""}
)`;
}

/** One row of each part: the greatest is that one, and 0 or null, as the measure has it, where there is none. */
function of(value: string, name: string): string {
  return `maxIf(${value}, _part = '${name}')`;
}

/** The first number of a part, where anything of the range is known. */
function compared(name: string): string {
  return `if(_until > _from, toFloat64(${of("_value0", name)}), NULL)`;
}
