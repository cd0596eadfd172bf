import { createHash } from "node:crypto";
import {
  AnnotationQueryBuilder,
  CustomVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type VariableOption,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { identifier } from "../clickhouse/index.ts";
import type { Project } from "../model/index.ts";
import { clickHouseQuery, DATASOURCE } from "./clickhouse-query.ts";
import { GRAINS } from "./grid-sql.ts";

/** The dashboards of a project, in the order of their links. */
const DASHBOARDS = {
  overview: { title: "overview", description: "Every metric of the project.", from: "now-30d", refresh: "1m" },
  "pipeline-health": {
    title: "pipeline health",
    description:
      "What became of every message of the log. Lag (what the log holds and ClickHouse does not yet) is known to NATS alone: run `hydrograph lag`, or watch the worker's /metrics.",
    from: "now-6h",
    refresh: "30s",
  },
} as const;

/** Names a dashboard of a project, and its file. */
export type DashboardKind = keyof typeof DASHBOARDS;

/** Grafana allows 40 characters; a longer one ends in a hash of the whole. */
export function dashboardUid(project: Project, kind: DashboardKind): string {
  const uid = `hydrograph-${project.name.replaceAll("_", "-")}-${kind}`;
  if (uid.length <= 40) return uid;
  return `${uid.slice(0, 31)}-${createHash("sha256").update(`${project.name} ${kind}`).digest("hex").slice(0, 8)}`;
}

/** "shop: overview". */
export function dashboardTitle(project: Project, kind: DashboardKind): string {
  return `${project.name}: ${DASHBOARDS[kind].title}`;
}

/** What all dashboards have: zone, range, shared crosshair, the data source and grain variables, links that keep the time, changes of the config as annotations. */
export function frame(project: Project, kind: DashboardKind): DashboardBuilder {
  const { description, from, refresh } = DASHBOARDS[kind];
  const dashboard = new DashboardBuilder(dashboardTitle(project, kind))
    .uid(dashboardUid(project, kind))
    .description(description)
    .tags(["hydrograph", project.name])
    .timezone(project.timezone === "UTC" ? "utc" : project.timezone)
    .weekStart("monday")
    .time({ from, to: "now" })
    .refresh(refresh)
    .readonly()
    .tooltip(DashboardCursorSync.Tooltip)
    .withVariable(
      new DatasourceVariableBuilder("datasource").label("Data source").type(DATASOURCE.type).current(option("ClickHouse", "clickhouse")),
    )
    .withVariable(grainVariable())
    .annotation(configChanges(project));
  for (const other of Object.keys(DASHBOARDS) as DashboardKind[]) {
    if (other !== kind) dashboard.link(linkTo(project, other));
  }
  return dashboard;
}

function grainVariable(): CustomVariableBuilder {
  return new CustomVariableBuilder("grain")
    .label("Grain")
    .description(
      "Length of a bucket. Minutes to hours are wall-clock lengths, days and longer calendar units, in the dashboard's time zone.",
    )
    .values(GRAINS.join(","))
    .options(GRAINS.map((grain, index) => ({ ...option(grain, grain), selected: index === 0 })))
    .current(option(GRAINS[0], GRAINS[0]))
    .allowCustomValue(false);
}

function option(text: string, value: string): VariableOption {
  return { selected: true, text, value };
}

function linkTo(project: Project, kind: DashboardKind): DashboardLinkBuilder {
  return new DashboardLinkBuilder(DASHBOARDS[kind].title)
    .type(DashboardLinkType.Link)
    .url(`/d/${dashboardUid(project, kind)}`)
    .icon("dashboard")
    .keepTime(true)
    .includeVars(true);
}

/** The first batch that each config made, and each refill: numbers that jump there were changed by us. */
function configChanges(project: Project): AnnotationQueryBuilder {
  const sql = `SELECT
    min(inserted_at) AS time,
    'Ingest changed' AS title,
    concat(stream, ': config ', substring(code, 1, 8), if(generation > 0, concat(', refill ', toString(generation)), '')) AS text,
    'hydrograph' AS tags
FROM ${identifier(project.name)}.ingest_ledger
GROUP BY stream, epoch, generation, code
HAVING time >= $__fromTime_ms AND time < $__toTime_ms
ORDER BY time, text
LIMIT 100`;
  return new AnnotationQueryBuilder()
    .name("Config changes")
    .datasource(DATASOURCE)
    .enable(true)
    .hide(false)
    .iconColor("purple")
    .target(clickHouseQuery(sql, "table"));
}
