import {
  CustomVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type VariableOption,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DASHBOARD_GRAINS, type DashboardGrain, type Project } from "../model/index.ts";
import { annotations } from "./annotations.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { explorableMetrics } from "./explore-sql.ts";
import { dashboardTitle, dashboardUid, EXPLORE_TAG, exploreFrame, framesOf, type DashboardFrame } from "./frames.ts";

/** What a link from a panel keeps, as Grafana writes it. */
const KEPT_BY_LINKS = "${__url_time_range}&${datasource:queryparam}&${grain:queryparam}";

/** Where a metric is explored, at the time that is shown; undefined if it cannot be. */
export function exploreLink(project: Project, name: string): DashboardLinkBuilder | undefined {
  const metric = explorableMetrics(project).find((each) => each.name === name);
  return (
    metric &&
    new DashboardLinkBuilder(`Explore ${name.replaceAll("_", " ")}`)
      .type(DashboardLinkType.Link)
      .url(`/d/${dashboardUid(project, exploreFrame(metric))}?${KEPT_BY_LINKS}`)
  );
}

/** What all dashboards have: zone, range, shared crosshair, the data source and grain variables, links that keep the time, what was done to the numbers as annotations. */
export function frame(project: Project, own: DashboardFrame): DashboardBuilder {
  const { description, from, grain, refresh, tags = [], timezone = project.timezone } = own;
  const dashboard = new DashboardBuilder(dashboardTitle(project, own))
    .uid(dashboardUid(project, own))
    .description(description)
    .tags(["hydrograph", project.name, ...tags])
    .timezone(timezone === "UTC" ? "utc" : timezone)
    .weekStart("monday")
    .time({ from, to: "now" })
    .refresh(refresh)
    .readonly()
    .tooltip(DashboardCursorSync.Tooltip)
    .withVariable(
      new DatasourceVariableBuilder("datasource").label("Data source").type(DATASOURCE.type).current(option("ClickHouse", "clickhouse")),
    )
    .withVariable(grainVariable(grain));
  for (const each of annotations(project)) dashboard.annotation(each);
  for (const other of framesOf(project)) if (other.key !== own.key) dashboard.link(linkTo(project, other));
  if (explorableMetrics(project).length > 0) dashboard.link(exploreMenu(project));
  return dashboard;
}

function grainVariable(chosen: DashboardGrain): CustomVariableBuilder {
  return new CustomVariableBuilder("grain")
    .label("Grain")
    .description(
      "Length of a bucket. Minutes to hours are wall-clock lengths, days and longer calendar units, in the dashboard's time zone.",
    )
    .values(DASHBOARD_GRAINS.join(","))
    .options(DASHBOARD_GRAINS.map((grain) => ({ ...option(grain, grain), selected: grain === chosen })))
    .current(option(chosen, chosen))
    .allowCustomValue(false);
}

/** A value of a variable. */
export function option(text: string, value: string): VariableOption {
  return { selected: true, text, value };
}

/** The dashboards that explore a metric, as a menu. */
function exploreMenu(project: Project): DashboardLinkBuilder {
  return new DashboardLinkBuilder("explore")
    .type(DashboardLinkType.Dashboards)
    .tags(["hydrograph", project.name, EXPLORE_TAG])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}

function linkTo(project: Project, other: DashboardFrame): DashboardLinkBuilder {
  return new DashboardLinkBuilder(other.title)
    .type(DashboardLinkType.Link)
    .url(`/d/${dashboardUid(project, other)}`)
    .icon("dashboard")
    .keepTime(true)
    .includeVars(true);
}
