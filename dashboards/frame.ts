import { createHash } from "node:crypto";
import {
  CustomVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type VariableOption,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  DASHBOARD_GRAINS,
  durationMs,
  type DashboardDefinition,
  type DashboardGrain,
  type FeatureSet,
  type Project,
} from "../model/index.ts";
import { annotations } from "./annotations.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { explorableMetrics } from "./explore-sql.ts";
import type { DrawnMetric } from "./metric-values.ts";

/** What a dashboard has around its panels. */
export interface DashboardFrame {
  /** Names it among the dashboards of its project, and its file. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly refresh: string;
  readonly grain: DashboardGrain;
  /** IANA zone; undefined = the project's. */
  readonly timezone?: string;
  /** Tags beside those that all dashboards have. */
  readonly tags?: readonly string[];
}

/** What all dashboards that explore a metric have, so that one link finds them. */
const EXPLORE_TAG = "explore";

/** All metrics of a project. */
export const OVERVIEW: DashboardFrame = {
  key: "overview",
  title: "overview",
  description: "Every metric of the project.",
  from: "now-30d",
  refresh: "1m",
  grain: "auto",
};
/** What became of every message. */
export const PIPELINE_HEALTH: DashboardFrame = {
  key: "pipeline-health",
  title: "pipeline health",
  description:
    "What became of every message of the log. Lag (what the log holds and ClickHouse does not yet) is known to NATS alone: run `hydrograph lag`, or watch the worker's /metrics.",
  from: "now-6h",
  refresh: "30s",
  grain: "auto",
};

/** One metric, by whatever is chosen. */
export function exploreFrame({ name }: DrawnMetric): DashboardFrame {
  return {
    key: `explore-${name.replaceAll("_", "-")}`,
    title: `explore ${name.replaceAll("_", " ")}`,
    description: `The metric ${name}: by any of its dimensions, filtered by their values, in any grain and zone.`,
    from: "now-30d",
    refresh: "1m",
    grain: "auto",
    tags: [EXPLORE_TAG],
  };
}

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

/** The frame of a dashboard that the project declares. */
export function ownFrame({ description, grain, name, range, timezone, title }: DashboardDefinition): DashboardFrame {
  return {
    key: name.replaceAll("_", "-"),
    title,
    description: description ?? `${title}, as the config declares it.`,
    from: `now-${durationMs(range) / 1_000}s`,
    refresh: "1m",
    grain,
    ...(timezone === undefined ? {} : { timezone }),
  };
}

/** Why panels about features are empty until somebody measures. */
export const KEPT =
  "Drawn at the end of the rows that were measured by hydrograph features drift --keep: run it every day, say; where nothing is drawn, nobody has.";

/** The frame of a feature set's dashboard. */
export function featureFrame({ name }: FeatureSet): DashboardFrame {
  return {
    key: `features-${name.replaceAll("_", "-")}`,
    title: `features of ${name}`,
    description: `How far the features of ${name} have moved from what a model was trained on: distribution, nulls, mean and PSI. ${KEPT}`,
    from: "now-30d",
    refresh: "5m",
    grain: "day",
  };
}

/** The dashboards of a project, in the order of their links. */
function framesOf({ dashboards, features }: Project): readonly DashboardFrame[] {
  return [OVERVIEW, ...dashboards.map(ownFrame), ...features.map(featureFrame), PIPELINE_HEALTH];
}

/** Grafana allows 40 characters; a longer one ends in a hash of the whole. */
export function dashboardUid(project: Project, { key }: DashboardFrame): string {
  const uid = `hydrograph-${project.name.replaceAll("_", "-")}-${key}`;
  if (uid.length <= 40) return uid;
  return `${uid.slice(0, 31)}-${createHash("sha256").update(`${project.name} ${key}`).digest("hex").slice(0, 8)}`;
}

/** "shop: overview". */
export function dashboardTitle(project: Project, { title }: DashboardFrame): string {
  return `${project.name}: ${title}`;
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
