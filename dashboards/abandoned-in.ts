import type { Project } from "../model/index.ts";
import type { DashboardDifference } from "./compare-dashboards.ts";
import { isUidOf } from "./frames.ts";
import type { Grafana } from "./grafana.ts";

/**
 * What Grafana holds of a project that the project no longer has: of a metric that was renamed, say. A copy that somebody made has a uid of its own, and is none.
 * @param kept uids of the project's dashboards
 */
export async function abandonedIn(grafana: Grafana, project: Project, kept: ReadonlySet<string>): Promise<readonly DashboardDifference[]> {
  const held = await grafana.tagged(["hydrograph", project.name]);
  return held
    .filter(({ uid }) => isUidOf(project, uid) && !kept.has(uid))
    .map(({ title, uid }) => ({ uid, title, change: "abandoned", added: [], removed: [], changed: [] }));
}
