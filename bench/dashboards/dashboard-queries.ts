import { projectAlerts } from "../../dashboards/build-alerts.ts";
import { dashboardsOf, dataPanels, type DashboardJson } from "../../dashboards/dashboard-json.test-support.ts";
import { expandMacros, type View } from "../../dashboards/expand-macros.test-support.ts";
import type { Project } from "../../model/index.ts";

/** A query as Grafana would send it. */
export interface DashboardQuery {
  /** e.g. "shop overview: panel Orders by country". */
  readonly name: string;
  readonly sql: string;
}

/** What is chosen on the dashboards that have a choice. */
const CHOSEN: Readonly<Record<string, Partial<View>>> = {
  shop: { metric: "orders", dimension: "country" },
  git: { metric: "lines_added", dimension: "repo" },
  market: { metric: "shares", dimension: "subject", instrument: "ACME" },
};

/** Every query of the panels, variables, annotations and alerts of a project, over the ranges that the dashboards open with. @param to their end, milliseconds */
export function dashboardQueries(project: Project, to: number): readonly DashboardQuery[] {
  const alerts = projectAlerts(project).map(({ sql, title }) => ({ name: `${project.name} alert: ${title}`, sql }));
  return [...dashboardsOf(project).flatMap((dashboard) => queriesOf(project, dashboard, to)), ...alerts];
}

function queriesOf(project: Project, dashboard: DashboardJson, to: number): readonly DashboardQuery[] {
  const view: View = {
    from: to - rangeMs(dashboard.time.from),
    to,
    zone: "utc",
    grain: "auto",
    streams: [project.name.toUpperCase()],
    ...CHOSEN[project.name],
  };
  const variables = dashboard.templating.list.flatMap(({ name, query }) =>
    typeof query === "string" ? [] : [{ what: `variable ${name}`, sql: query.rawSql }],
  );
  const annotations = dashboard.annotations.list.flatMap(({ name, target }) =>
    target ? [{ what: `annotation ${name}`, sql: target.rawSql }] : [],
  );
  const panels = dataPanels(dashboard).flatMap(({ targets, title, type }) =>
    (targets ?? []).map(({ rawSql }) => ({ what: `panel ${title} (${type})`, sql: rawSql })),
  );
  return [...variables, ...annotations, ...panels].map(({ sql, what }) => ({
    name: `${dashboard.title.replace(":", "")}: ${what}`,
    sql: expandMacros(sql, view),
  }));
}

/** The length of "now-30d" and the like. */
function rangeMs(from: string): number {
  const [, count = "", unit = ""] = /^now-(\d+)([smhd])$/.exec(from) ?? [];
  const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(count) * (units[unit] ?? Number.NaN);
}
