import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type DashboardBuilder,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { panelTitle, type CandlesPanel, type DashboardDefinition, type DashboardPanel, type Project } from "../model/index.ts";
import { panelFunnelSql, panelInstrumentsSql, panelTop } from "../queries/index.ts";
import { notFinalRegion } from "./annotations.ts";
import { candlesPanelSql } from "./candles-sql.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { exploreLink, frame } from "./frame.ts";
import { ownFrame } from "./frames.ts";
import { metricTrendSql, trendNames } from "./metric-trend.ts";
import { adds, drawnMetric, drawnOutputs, findMetric, type DrawnMetric } from "./metric-values.ts";
import { candlesPanel, noticePanel, statPanel, tablePanel, trendPanel, type PanelOptions } from "./panels.ts";
import { periodNames, periodSql } from "./period-sql.ts";
import { retentionPanelSql, RETENTION_COLUMNS } from "./retention-sql.ts";
import { grafanaUnit } from "./unit.ts";

/** Columns of the 24 that a panel takes unless it says how many. */
const WIDTHS: Readonly<Record<DashboardPanel["show"], number>> = {
  stat: 6,
  trend: 12,
  top: 12,
  table: 12,
  movers: 12,
  funnel: 12,
  retention: 24,
  candles: 24,
};
const NOT_FINAL_WORDS =
  "Pale bars and dashed lines are not final: the bucket is not over, not wholly ingested, or younger than the project's lateness";
const BEFORE_WORDS =
  "Compared with as long a time before, both as far as the log is ingested; no value = nothing is known to compare with.";

/** A dashboard that the project declares. @throws Error, QueryError on what a loaded config cannot hold */
export function ownDashboard(project: Project, definition: DashboardDefinition): DashboardBuilder {
  const dashboard = frame(project, ownFrame(definition));
  const candles = definition.rows.flatMap(({ panels }) => panels.filter((panel) => panel.show === "candles"));
  if (candles.length > 0) dashboard.withVariable(instrumentVariable(project, candles)).annotation(notFinalRegion(project));
  for (const { panels, title } of definition.rows) {
    dashboard.withRow(new RowBuilder(title));
    for (const panel of panels) dashboard.withPanel(drawn(project, panel));
  }
  return dashboard;
}

function drawn(project: Project, panel: DashboardPanel): Builder<Panel> {
  if (panel.show === "funnel") return funnelPanel(project, panel);
  if (panel.show === "retention") return retentionPanel(project, panel);
  if (panel.show === "candles") return pricePanel(project, panel);
  const metric = drawnMetric(project, panel.metric);
  if (!metric)
    return noticePanel({
      ...frameOf(panel, "A formula is worked out by hydrograph itself, from its parts."),
      text: `${findMetric(project, panel.metric).name} is a formula, which SQL cannot work out: run "hydrograph trend ${panel.metric}", or see the live page.`,
    });
  return metricPanel(project, panel, metric);
}

type MetricPanel = Exclude<DashboardPanel, { readonly show: "funnel" | "retention" | "candles" }>;

function metricPanel(project: Project, panel: MetricPanel, metric: DrawnMetric): Builder<Panel> {
  const { filter } = panel;
  const unit = grafanaUnit(metric.unit);
  const link = exploreLink(project, metric.name);
  const about = metric.description?.replace(/[.\s]*$/, ". ") ?? "";
  if (panel.show === "trend") {
    const groups = panel.by === undefined ? undefined : { by: panel.by, limit: panelTop(panel) };
    const options = { metric, filter, groups };
    const common = {
      ...frameOf(panel, `${about}Metric ${metric.name}. ${NOT_FINAL_WORDS} (${project.lateness}).`),
      unit,
      link,
      sql: metricTrendSql(project, options),
    };
    if (drawnOutputs(metric).some(({ isText }) => isText)) return tablePanel(common);
    return trendPanel({ ...common, values: trendNames(options), grouped: groups !== undefined, additive: adds(metric) });
  }
  const whole = { ...frameOf(panel, `${about}Metric ${metric.name} over the whole range. ${BEFORE_WORDS}`), unit, link };
  if (panel.show === "stat") {
    const numbers = periodNames(metric).length + (drawnOutputs(metric).some(({ isText }) => isText) ? 0 : 3);
    return statPanel({
      ...whole,
      sql: periodSql(project, { metric, filter }),
      numbers,
      ...(panel.bad ? { bad: panel.bad } : {}),
      units: { growth: "percentunit" },
    });
  }
  const order = panel.show === "movers" ? "difference" : "value";
  const sql = periodSql(project, { metric, filter, groups: { by: panel.by, limit: panelTop(panel), order } });
  return tablePanel({ ...whole, sql }, { growth: "percentunit" }, panel.show === "top" ? periodNames(metric)[0] : undefined);
}

function funnelPanel(project: Project, panel: Extract<DashboardPanel, { readonly show: "funnel" }>): Builder<Panel> {
  return tablePanel(
    {
      ...frameOf(
        panel,
        `Who made the first step in the range, and how many of them the later ones in order within ${panel.window}. Those who entered last may still go on.`,
      ),
      unit: "short",
      sql: panelFunnelSql(project, panel, { from: "$__fromTime_ms", to: "$__toTime_ms" }),
    },
    { of_first: "percentunit", of_previous: "percentunit", median_seconds: "s" },
    "of_first",
  );
}

function retentionPanel(project: Project, panel: Extract<DashboardPanel, { readonly show: "retention" }>): Builder<Panel> {
  return tablePanel(
    {
      ...frameOf(
        panel,
        `Of those whose first event ever lies in a ${panel.period}, how many come back in the same one (+0) and each later one. An open or provisional cohort may still grow.`,
      ),
      unit: "short",
      sql: retentionPanelSql(project, panel),
    },
    Object.fromEntries(RETENTION_COLUMNS.map((name) => [name, "percentunit"])),
  );
}

function pricePanel(project: Project, panel: CandlesPanel): Builder<Panel> {
  return candlesPanel({
    ...frameOf(
      panel,
      "First, greatest, least and last price of each bucket, its volume, and its mean price weighted by size (VWAP). What the grey region at the right covers is not final.",
    ),
    unit: grafanaUnit(panel.unit),
    sql: candlesPanelSql(project, panel),
    hasVolume: panel.size !== undefined,
  });
}

function instrumentVariable(project: Project, panels: readonly CandlesPanel[]): QueryVariableBuilder {
  const rawSql = panelInstrumentsSql(project, panels);
  return new QueryVariableBuilder("instrument")
    .label("Instrument")
    .description("What the prices are of.")
    .datasource(DATASOURCE)
    .query({ refId: "A", queryType: "sql", rawSql })
    .definition(rawSql)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.AlphabeticalAsc)
    .allowCustomValue(true);
}

function frameOf(panel: DashboardPanel, description: string): Pick<PanelOptions, "title" | "description" | "span"> {
  return { title: panelTitle(panel), description: panel.description ?? description, span: panel.width ?? WIDTHS[panel.show] };
}
