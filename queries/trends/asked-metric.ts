import { measureSql } from "../../clickhouse/index.ts";
import { adviseName, type DerivedMetric, isDerived, type Metric, partsOf, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { MetricRef } from "./trend-request.ts";

/** One number (or text) of an answer. */
export interface AskedOutput {
  /** What the answer calls it. */
  readonly key: string;
  readonly text: boolean;
  /** What a bucket without events shows. */
  readonly empty: 0 | null;
}

/** A metric of a request, with what it is made of. */
export interface AskedMetric {
  readonly metric: Metric | DerivedMetric;
  /** The metrics that are measured for it, by the names that it calls them; a measured metric's own part is itself. */
  readonly parts: Readonly<Record<string, Metric>>;
  readonly outputs: readonly AskedOutput[];
  /** Whether values of several buckets may be added: counts and sums. */
  readonly adds: boolean;
  /** Decimal places that its values have at most, where that is known: differences are rounded to them. */
  readonly decimals: number | undefined;
}

/** The name under which a measured metric is its own part. */
const ITSELF = "itself";

/**
 * The metrics of a request.
 * @throws QueryError, one sentence, if the project lacks one, with the nearest name
 */
export function askedMetrics(project: Project, asked: MetricRef | readonly MetricRef[]): AskedMetric[] {
  if (!isList(asked)) return [askedMetric(findMetric(project, asked), false)];
  if (asked.length === 0) throw new QueryError("The request names no metric.");
  const metrics = asked.map((ref) => findMetric(project, ref));
  const names = metrics.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new QueryError(`The metric "${twice}" is asked for twice.`);
  return metrics.map((metric) => askedMetric(metric, true));
}

function isList(asked: MetricRef | readonly MetricRef[]): asked is readonly MetricRef[] {
  return Array.isArray(asked);
}

/** A metric by its name. @throws QueryError with the nearest one's name */
export function findMetric(project: Project, ref: MetricRef): Metric | DerivedMetric {
  if (typeof ref === "object" && ref !== null) return ref;
  const metrics = [...project.metrics, ...project.derived];
  const found = metrics.find((metric) => metric.name === ref);
  if (found) return found;
  const names = metrics.map((metric) => metric.name);
  const all = `the project "${project.name}" has ${names.join(", ") || "none"}.`;
  const advice = typeof ref === "string" ? adviseName(ref, names, all) : all;
  throw new QueryError(`There is no metric ${JSON.stringify(ref)}: ${advice}`);
}

function askedMetric(metric: Metric | DerivedMetric, named: boolean): AskedMetric {
  if (isDerived(metric)) {
    const output: AskedOutput = { key: named ? metric.name : "value", text: false, empty: null };
    return { metric, parts: partsOf(metric), outputs: [output], adds: false, decimals: undefined };
  }
  const { outputs } = measureSql(metric);
  const keyOf = (name: string): string => (!named ? name : outputs.length === 1 ? metric.name : `${metric.name}.${name}`);
  const { measure } = metric;
  return {
    metric,
    parts: { [ITSELF]: metric },
    outputs: outputs.map(({ name, type, empty }) => ({ key: keyOf(name), text: type === "Nullable(String)", empty })),
    adds: measure.kind === "count" || measure.kind === "sum",
    decimals: measure.kind === "count" ? 0 : measure.kind === "sum" ? measure.decimals : undefined,
  };
}
