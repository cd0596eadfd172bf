import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Project } from "../model/index.ts";
import type { BuiltDashboard } from "./build-dashboards.ts";
import { finish } from "./finish.ts";
import { dashboardTitle, dashboardUid, type DashboardKind } from "./frame.ts";
import { overview } from "./overview.ts";
import { pipelineHealth } from "./pipeline-health.ts";

const BUILDERS: Readonly<Record<DashboardKind, (project: Project) => DashboardBuilder>> = { overview, "pipeline-health": pipelineHealth };

/** What `buildDashboards` gives. Pure. */
export function composeDashboards(project: Project): readonly BuiltDashboard[] {
  return (Object.keys(BUILDERS) as DashboardKind[]).map((kind) => ({
    uid: dashboardUid(project, kind),
    title: dashboardTitle(project, kind),
    fileName: `${kind}.json`,
    json: `${JSON.stringify(finish(BUILDERS[kind](project).build()), null, 2)}\n`,
  }));
}
