import { panelTitle, type DashboardPanel, type Problem, type Project } from "../../model/index.ts";
import { panelQuestion, queryProblem } from "../../queries/index.ts";

/** What is wrong with the panels of a project's dashboards: each is asked, as a saved query is. */
export async function checkPanels(project: Project): Promise<readonly Problem[]> {
  const panels = project.dashboards.flatMap(({ name, rows }) => rows.flatMap((row) => row.panels.map((panel) => ({ name, panel }))));
  const problems = await Promise.all(
    panels.map(async ({ name, panel }) => {
      const rule = filterProblem(project, panel) ?? (await answerProblem(project, panel));
      return rule === undefined ? [] : [{ path: `dashboards.${name}: panel "${panelTitle(panel)}"`, rule }];
    }),
  );
  return problems.flat();
}

function answerProblem(project: Project, panel: DashboardPanel): Promise<string | undefined> {
  const { ask, request } = panelQuestion(panel);
  const grain = ask === "trend" || ask === "candles" ? { grain: "minute" } : {};
  return queryProblem(project, { name: "panel", ask, request: { ...request, ...grain, range: "1h" } });
}

/** Panels are drawn from rollups, which know the dimensions alone. */
function filterProblem({ metrics }: Project, panel: DashboardPanel): string | undefined {
  if (!("metric" in panel) || panel.filter === undefined) return undefined;
  const metric = metrics.find(({ name }) => name === panel.metric);
  const other = Object.keys(panel.filter).find((ref) => metric && !metric.dimensions.includes(ref));
  return other === undefined || !metric
    ? undefined
    : `The filter is on ${other}, which is no dimension of ${metric.name}: it has ${metric.dimensions.join(", ") || "none"}.`;
}
