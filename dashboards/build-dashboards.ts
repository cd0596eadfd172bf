import type { Project } from "../model/index.ts";

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

/**
 * The dashboards of a checked project: `overview` (its metrics) and `pipeline-health` (its ingest). The same project gives the same bytes.
 * A promise, because the builders of Grafana's SDK are over 200 files (0.25 s): who imports the package and wants no dashboards does not load them.
 */
export async function buildDashboards(project: Project): Promise<readonly BuiltDashboard[]> {
  const { composeDashboards } = await import("./compose-dashboards.ts");
  return composeDashboards(project);
}
