import { identifier, rollupTable, type DimensionColumn, type RollupTable } from "../clickhouse/index.ts";
import {
  isDerived,
  partsOf,
  type DerivedMetric,
  type Filter,
  type Formula,
  type Metric,
  type Project,
  type Ratio,
} from "../model/index.ts";
import { rollupFilterSql } from "../queries/index.ts";
import { metricRows, type RangeSql } from "./metric-rows.ts";

/** A metric that SQL can work out: one that is measured, or a ratio of two. */
export type DrawnMetric = Metric | Ratio;

/** A column that values are gathered by: SQL over the rows of a metric's rollup. */
export interface ValueKey {
  readonly name: string;
  readonly of: (rollup: RollupTable) => string;
}

/** Whose values, in which range, and gathered by what. */
export interface ValuesRequest {
  readonly metric: DrawnMetric;
  readonly filter?: Filter | undefined;
  readonly range: RangeSql;
  readonly keys: readonly ValueKey[];
  /** Which rows of a rollup count besides: what is chosen when the dashboard is viewed. */
  readonly chosen?: ((rollup: RollupTable) => string) | undefined;
}

/** One number of a metric. */
export interface DrawnOutput {
  readonly name: string;
  readonly empty: 0 | null;
  readonly isText: boolean;
}

/** A metric of the project by its name; undefined for a formula, which only TypeScript can work out. @throws Error if there is none: a config that was loaded has no such panel */
export function drawnMetric(project: Project, name: string): DrawnMetric | undefined {
  const metric = findMetric(project, name);
  return isFormula(metric) ? undefined : metric;
}

/** A metric of any kind. @throws Error if there is none */
export function findMetric({ derived, metrics, name: of }: Project, name: string): Metric | DerivedMetric {
  const metric = [...metrics, ...derived].find((each) => each.name === name);
  if (!metric) throw new Error(`The project "${of}" has no metric "${name}".`);
  return metric;
}

function isFormula(metric: Metric | DerivedMetric): metric is Formula {
  return isDerived(metric) && metric.kind === "formula";
}

/** The metrics that are measured for it. */
export function measuredParts(metric: DrawnMetric): readonly Metric[] {
  return isDerived(metric) ? Object.values(partsOf(metric)) : [metric];
}

/** What its values are called, and what an empty bucket shows. */
export function drawnOutputs(metric: DrawnMetric): readonly DrawnOutput[] {
  if (isDerived(metric)) return [{ name: "value", empty: null, isText: false }];
  return rollupTable(metric).measure.outputs.map(({ empty, name, type }) => ({ name, empty, isText: type === "Nullable(String)" }));
}

/** Whether values of groups and buckets add up to a total. */
export function adds(metric: DrawnMetric): boolean {
  return !isDerived(metric) && (metric.measure.kind === "count" || metric.measure.kind === "sum");
}

/** What it can be grouped by: the dimensions that all its parts have. */
export function drawnDimensions(metric: DrawnMetric): readonly string[] {
  const [first, ...others] = measuredParts(metric);
  return (first?.dimensions ?? []).filter((ref) => others.every(({ dimensions }) => dimensions.includes(ref)));
}

/** The coarsest bucket that it can be drawn from, in seconds. */
export function drawnSeconds(metric: DrawnMetric): number {
  return Math.max(...measuredParts(metric).map((part) => rollupTable(part).bucketSeconds));
}

/** A subquery with the columns of the keys, and `_value0`, `_value1` … of the metric's outputs: one row for each combination of keys that has rows. */
export function valuesBy(project: Project, { chosen, filter, keys, metric, range }: ValuesRequest): string {
  const rows = { chosen, filter, range, keys };
  if (!isDerived(metric)) return `(${partValues(project, metric, rows, outputsSql(metric))})`;
  const [above, below] = [rollupTable(metric.numerator), rollupTable(metric.denominator)].map(({ measure }) => measure.outputs[0]);
  const part = (of: Metric, columns: readonly string[]): string => partValues(project, of, rows, columns);
  const names = keys.map(({ name }) => name);
  const [numerator, denominator] = [value("_above", above?.empty), value("_below", below?.empty)];
  return `(SELECT ${[...names, ratioSql(metric, numerator, denominator)].join(", ")}
FROM
(
${part(metric.numerator, [`${numberSql(above?.merged)} AS _above`, `${numberSql(undefined)} AS _below`])}
UNION ALL
${part(metric.denominator, [`${numberSql(undefined)} AS _above`, `${numberSql(below?.merged)} AS _below`])}
)${names.length === 0 ? "" : `\nGROUP BY ${names.join(", ")}`})`;
}

/** A ratio's number of those of its parts, both `Nullable(Float64)`. */
export function ratioSql({ scale }: Ratio, numerator: string, denominator: string): string {
  return `if(ifNull(${denominator}, 0) = 0, NULL, ${numerator} * ${scale} / ${denominator}) AS _value0`;
}

function partValues(
  project: Project,
  metric: Metric,
  { chosen, filter, keys, range }: Omit<ValuesRequest, "metric">,
  columns: readonly string[],
): string {
  const rollup = rollupTable(metric);
  return `SELECT ${[...keys.map(({ name, of }) => `${of(rollup)} AS ${name}`), ...columns].join(", ")}
${partRows(project, metric, { chosen, filter, range })}${keys.length === 0 ? "" : `\nGROUP BY ${keys.map(({ name }) => name).join(", ")}`}`;
}

/** The rows of a metric that count: what stands from FROM on. */
export function partRows(project: Project, metric: Metric, { chosen, filter, range }: Omit<ValuesRequest, "metric" | "keys">): string {
  const conditions = [...(filter ? [rollupFilterSql(metric, filter)] : []), ...(chosen ? [chosen(rollupTable(metric))] : [])];
  return `FROM ${metricRows(project, metric, range)}${conditions.length > 0 ? `\nWHERE ${conditions.join(" AND ")}` : ""}`;
}

/** The numbers of a metric over rows of states. */
export function outputsSql(metric: Metric): string[] {
  return rollupTable(metric).measure.outputs.map(({ merged }, index) => `${merged} AS _value${index}`);
}

/** The bucket of a dashboard's grid that a row lies in. */
export const START_KEY: ValueKey = {
  name: "_start",
  of: ({ bucket }) => `roundDown(toUnixTimestamp64Second(${bucket}), _edges)`,
};

/** The group of a row by a dimension, as text. */
export function groupKey(by: string): ValueKey {
  return { name: "_series", of: (rollup) => groupText(dimensionOf(rollup, by)) };
}

function dimensionOf({ dimensions, name }: RollupTable, ref: string): DimensionColumn {
  const column = dimensions.find((dimension) => dimension.ref === ref);
  if (!column) throw new Error(`The rollup ${name} has no dimension "${ref}".`);
  return column;
}

/** What a group without a value is called stands in `trend` too. */
export function groupText({ name }: DimensionColumn): string {
  return `ifNull(toString(${identifier(name)}), '(none)')`;
}

/** A number that may be missing: the same type for every measure. */
export function numberSql(sql: string | undefined): string {
  return `CAST(${sql ?? "NULL"}, 'Nullable(Float64)')`;
}

/** The one value of a column; what an empty bucket shows where there is none. */
function value(column: string, empty: 0 | null | undefined): string {
  return empty === 0 ? `ifNull(max(${column}), 0)` : `max(${column})`;
}
