import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { RowBuilder, type DashboardBuilder, type Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { identifier, rollupTable } from "../clickhouse/index.ts";
import type { Metric, Project } from "../model/index.ts";
import { statPanel, tablePanel, trendPanel } from "./panels.ts";
import { exploreLink, frame } from "./frame.ts";
import { OVERVIEW } from "./frames.ts";
import { movingMetrics, topMoversSql } from "./movers-sql.ts";
import { metricRows } from "./metric-rows.ts";
import { metricTrendSql, trendNames, type MetricTrendOptions } from "./metric-trend.ts";
import { adds } from "./metric-values.ts";
import { grafanaUnit } from "./unit.ts";

/** Lines on one panel, shared by the outputs of a metric (quantiles have several). */
const MAX_LINES = 10;

/** One dashboard of all metrics: each as a number over the range, what changed most, and each as a trend by its first dimension. */
export function overview(project: Project): DashboardBuilder {
  const dashboard = frame(project, OVERVIEW);
  dashboard.withRow(new RowBuilder("In this range"));
  for (const metric of project.metrics) dashboard.withPanel(metricStat(project, metric));
  const moving = movingMetrics(project);
  if (moving.length > 0) dashboard.withRow(new RowBuilder("What changed most")).withPanel(topMovers(project, moving));
  dashboard.withRow(new RowBuilder("Over time"));
  for (const metric of project.metrics) dashboard.withPanel(metricTrend(project, metric));
  return dashboard;
}

function topMovers(project: Project, metrics: readonly Metric[]): Builder<Panel> {
  const names = metrics.map(({ name }) => name).join(", ");
  return tablePanel(
    {
      title: "Top movers",
      description: `The groups that changed most from as long a time before, three at most of each of ${names}, by their first dimension. share: the change, of all of the metric before. Both times as far as the log is ingested.`,
      unit: "short",
      span: 24,
      sql: topMoversSql(project, metrics),
    },
    { share: "percentunit" },
    "share",
  );
}

function metricStat(project: Project, metric: Metric): Builder<Panel> {
  const rollup = rollupTable(metric);
  const { outputs } = rollup.measure;
  const width = rollup.bucketSeconds;
  const edge = (time: string): string => `toDateTime64(intDiv(${time}, ${width * 1_000}) * ${width}, 0, 'UTC')`;
  const range = {
    from: edge("toUnixTimestamp64Milli($__fromTime_ms)"),
    to: edge(`toUnixTimestamp64Milli($__toTime_ms) + ${width * 1_000 - 1}`),
    cuts: { moments: [] },
  };
  const columns = outputs.map(({ name, merged }) => `${merged} AS ${identifier(outputs.length > 1 ? name : metric.name)}`);
  return statPanel({
    title: title(metric),
    description: `${describe(metric)} Over the whole range, to the ${metric.grain}.`,
    unit: grafanaUnit(metric.unit),
    link: exploreLink(project, metric.name),
    span: 6,
    numbers: outputs.length,
    sql: `SELECT ${columns.join(", ")}
FROM ${metricRows(project, metric, range)}
LIMIT 1`,
  });
}

function metricTrend(project: Project, metric: Metric): Builder<Panel> {
  const { dimensions, measure } = rollupTable(metric);
  const { outputs } = measure;
  const [dimension] = dimensions;
  const trend: MetricTrendOptions = {
    metric,
    // The largest groups get a line each: by value where values add up, else by how many buckets they occur in.
    ...(dimension
      ? { groups: { by: dimension.ref, limit: Math.floor(MAX_LINES / outputs.length), rank: adds(metric) ? "value" : "rows" } }
      : {}),
  };
  const panel = {
    title: dimension ? `${title(metric)} by ${dimension.ref}` : title(metric),
    description: `${describe(metric)} Pale bars and dashed lines are not final: the bucket is not over, not wholly ingested (a quiet stream counts as that; hydrograph lag tells), or younger than the project's lateness (${project.lateness}).`,
    unit: grafanaUnit(metric.unit),
    link: exploreLink(project, metric.name),
    span: 12,
    sql: metricTrendSql(project, trend),
  };
  if (outputs.some(({ type }) => type === "Nullable(String)")) return tablePanel(panel);
  return trendPanel({
    ...panel,
    values: trendNames(trend),
    grouped: dimension !== undefined,
    additive: adds(metric),
  });
}

function title({ name }: Metric): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function describe(metric: Metric): string {
  const { measure } = metric;
  const what = measure.kind === "count" ? `count of ${metric.event.type}` : `${measure.kind} of ${measure.field} of ${metric.event.type}`;
  const said = metric.description?.replace(/[.\s]*$/, ". ") ?? "";
  return `${said}Metric ${metric.name}: ${what}, from its rollup of ${metric.grain}, or the raw events while that lacks history.`;
}
