import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Project } from "../model/index.ts";
import { finish } from "./finish.ts";
import { dashboardTitle, dashboardUid, type DashboardKind } from "./frame.ts";
import { overview } from "./overview.ts";
import { pipelineHealth } from "./pipeline-health.ts";

/** A Grafana dashboard, ready to be written to a file that Grafana provisions, or sent to its HTTP API. */
export interface BuiltDashboard {
  /** Grafana's id, the same for the same project for ever: links and bookmarks last. */
  readonly uid: string;
  readonly title: string;
  /** e.g. "overview.json". */
  readonly fileName: string;
  /** The dashboard as JSON text (schema version 41), ending in a newline: the same project gives the same bytes. */
  readonly json: string;
}

const BUILDERS: Readonly<Record<DashboardKind, (project: Project) => DashboardBuilder>> = { overview, "pipeline-health": pipelineHealth };

/** The dashboards of a checked project: `overview` (its metrics) and `pipeline-health` (its ingest). Pure. */
export function buildDashboards(project: Project): readonly BuiltDashboard[] {
  return (Object.keys(BUILDERS) as DashboardKind[]).map((kind) => ({
    uid: dashboardUid(project, kind),
    title: dashboardTitle(project, kind),
    fileName: `${kind}.json`,
    json: `${JSON.stringify(finish(BUILDERS[kind](project).build()), null, 2)}\n`,
  }));
}
