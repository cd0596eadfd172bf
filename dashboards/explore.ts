import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  type DashboardBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Project } from "../model/index.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { DASHBOARD_ZONE, exploreSql, NO_GROUPS } from "./explore-sql.ts";
import { frame, option } from "./frame.ts";
import { exploreFrame } from "./frames.ts";
import { adds, drawnDimensions, type DrawnMetric } from "./metric-values.ts";
import { periodNames } from "./period-sql.ts";
import { statPanel, tablePanel, trendPanel } from "./panels.ts";
import { grafanaUnit } from "./unit.ts";

/** Zones to choose from; any other can be written. */
const ZONES = [
  "UTC",
  "Europe/London",
  "Europe/Berlin",
  "America/New_York",
  "America/Los_Angeles",
  "Asia/Kolkata",
  "Asia/Tokyo",
  "Australia/Sydney",
];

const BEFORE =
  "Compared with as long a time before, both as far as the log is ingested; no value = nothing is known to compare with. Of several numbers the first.";

/** One dashboard of one metric: by any of its dimensions, filtered by their values, in any grain and zone. */
export function explore(project: Project, metric: DrawnMetric): DashboardBuilder {
  const sql = exploreSql(project, metric);
  const unit = grafanaUnit(metric.unit);
  const about = metric.description?.replace(/[.\s]*$/, ". ") ?? "";
  const changes = { growth: "percentunit" };
  return variables(project, metric, frame(project, exploreFrame(metric)))
    .withRow(new RowBuilder(`${metric.name}, by \${dimension}`))
    .withPanel(
      statPanel({
        title: "In this range",
        description: `${about}The whole range, to whole rows of the rollup. ${BEFORE}`,
        unit,
        span: 24,
        sql: sql.total,
        numbers: periodNames(metric).length + 3,
        units: changes,
      }),
    )
    .withPanel(
      trendPanel({
        title: "Over time",
        description: `${about}On the chosen grain and zone (the time axis stays in the dashboard's zone): the ten largest groups, and all others together. Pale bars and dashed lines are not final: the bucket is not over, not wholly ingested, or younger than the project's lateness (${project.lateness}).`,
        unit,
        span: 24,
        sql: sql.trend,
        values: sql.names,
        grouped: true,
        additive: adds(metric),
      }),
    )
    .withPanel(
      tablePanel(
        { title: "Groups", description: `The groups over the whole range, the largest first. ${BEFORE}`, unit, span: 24, sql: sql.groups },
        changes,
        periodNames(metric)[0],
      ),
    );
}

function variables(project: Project, metric: DrawnMetric, dashboard: DashboardBuilder): DashboardBuilder {
  const dimensions = drawnDimensions(metric);
  const zones = [...new Set([DASHBOARD_ZONE, project.timezone, ...ZONES])];
  const by = choice("dimension", "By", "A dimension of the metric: each of its values has a line.", [...dimensions, NO_GROUPS]);
  dashboard.withVariable(by.allowCustomValue(false));
  const { filters } = exploreSql(project, metric);
  dashboard.withVariable(filters === undefined ? noFilter() : filterVariable(filters));
  const about = `IANA time zone that buckets begin in, e.g. "Europe/Berlin"; ${DASHBOARD_ZONE} = the dashboard's own.`;
  return dashboard.withVariable(choice("zone", "Zone", about, zones).allowCustomValue(true));
}

/** All: the value, as SQL, that Grafana puts in as it stands. It names no dimension, and so leaves nothing out. */
const ALL = "'(all)'";

function filterVariable(rawSql: string): QueryVariableBuilder {
  return new QueryVariableBuilder("filter")
    .label("Only")
    .description("Values of dimensions that count: of one dimension any of those chosen; dimensions without a choice do not matter.")
    .datasource(DATASOURCE)
    .query({ refId: "A", queryType: "sql", rawSql })
    .definition("dimension=value, of the range")
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(ALL)
    .current({ selected: true, text: ["All"], value: ["$__all"] })
    .allowCustomValue(false);
}

/** Of a metric without dimensions. */
function noFilter(): CustomVariableBuilder {
  return choice("filter", "Only", "The metric has no dimensions to filter by.", ["(all)"])
    .hide(VariableHide.HideVariable)
    .allowCustomValue(false);
}

function choice(name: string, label: string, description: string, values: readonly string[]): CustomVariableBuilder {
  const [first = ""] = values;
  return new CustomVariableBuilder(name)
    .label(label)
    .description(description)
    .values(values.join(","))
    .options(values.map((value) => ({ ...option(value, value), selected: value === first })))
    .current(option(first, first));
}
