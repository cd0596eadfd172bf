import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Project } from "../model/index.ts";
import type { BuiltDashboard } from "./build-dashboards.ts";
import { explore } from "./explore.ts";
import { explorableMetrics } from "./explore-sql.ts";
import { featureDashboard } from "./feature-dashboard.ts";
import { finish } from "./finish.ts";
import {
  dashboardTitle,
  dashboardUid,
  exploreFrame,
  featureFrame,
  OVERVIEW,
  ownFrame,
  PIPELINE_HEALTH,
  type DashboardFrame,
} from "./frames.ts";
import { overview } from "./overview.ts";
import { ownDashboard } from "./own-dashboard.ts";
import { pipelineHealth } from "./pipeline-health.ts";

/** What `buildDashboards` gives. Pure. */
export function composeDashboards(project: Project): readonly BuiltDashboard[] {
  const built = (frame: DashboardFrame, dashboard: DashboardBuilder): BuiltDashboard => ({
    uid: dashboardUid(project, frame),
    title: dashboardTitle(project, frame),
    fileName: `${frame.key}.json`,
    json: `${JSON.stringify(finish(dashboard.build()), null, 2)}\n`,
  });
  return [
    built(OVERVIEW, overview(project)),
    ...project.dashboards.map((own) => built(ownFrame(own), ownDashboard(project, own))),
    ...project.features.map((set) => built(featureFrame(set), featureDashboard(project, set))),
    built(PIPELINE_HEALTH, pipelineHealth(project)),
    ...explorableMetrics(project).map((metric) => built(exploreFrame(metric), explore(project, metric))),
  ];
}
