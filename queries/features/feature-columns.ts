import { measureSql } from "../../clickhouse/index.ts";
import { durationMs, type EventDefinition, type FeatureSet, type Metric } from "../../model/index.ts";

/** A feature as a column of the training set. */
export interface FeatureColumn {
  readonly name: string;
  /** Its name in the training set's table, which no column of `events` has. */
  readonly column: string;
  /** ClickHouse type: counts are whole numbers and never null; every other measure is null where no event of the window has the field. */
  readonly type: "Int64" | "Nullable(Float64)" | "Nullable(String)";
  readonly event: EventDefinition;
  readonly metric: Metric;
  /** An event can count if its age at the label's time, in microseconds, is above `delay` and at most `reach`. */
  readonly delay: number;
  readonly reach: number;
  /** Aggregate over events joined to labels. */
  readonly aggregate: string;
}

/** Longer windows see no more: times lie within 230 years. It keeps microseconds exact as JavaScript numbers. */
const LONGEST_MS = 250 * 365.25 * 86_400_000;

/** The columns that a feature set adds to its labels, in the order of declaration. */
export function featureColumns(set: FeatureSet): readonly FeatureColumn[] {
  return Object.entries(set.features).map(([name, { metric, window, delay: lateBy = "0s" }], index) => {
    // As ages of events at the label's time T: T - delay - window <= time < T - delay is delay < T - time <= delay + window.
    const delay = Math.min(durationMs(lateBy), LONGEST_MS) * 1_000;
    const reach = Math.min(durationMs(lateBy) + durationMs(window), LONGEST_MS) * 1_000;
    const value = valueSql(name, metric, `age > ${delay} AND age <= ${reach}`);
    return { name, column: `feature_${index}`, event: metric.event, metric, delay, reach, ...value };
  });
}

function valueSql(name: string, metric: Metric, inWindow: string): Pick<FeatureColumn, "type" | "aggregate"> {
  const { outputs, values } = measureSql(exactly(metric), inWindow);
  const [output] = outputs;
  if (!output || outputs.length > 1) throw new Error(`Feature "${name}": a feature is one number; "${metric.name}" has several.`);
  if (metric.measure.kind === "count" || metric.measure.kind === "uniq") return { type: "Int64", aggregate: `toInt64(${output.raw})` };
  const type = output.type === "Nullable(String)" ? output.type : "Nullable(Float64)";
  return { type, aggregate: `if(${values} = 0, NULL, ${output.raw})` };
}

/** A feature counts distinct values exactly, also of a metric that estimates them: its values are kept, and are few. */
function exactly(metric: Metric): Metric {
  return metric.measure.kind === "uniq" ? { ...metric, measure: { ...metric.measure, exact: true } } : metric;
}
