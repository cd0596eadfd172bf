import { z } from "zod";
import { DASHBOARD_GRAINS, type DashboardDefinition } from "./dashboard.ts";
import { adviseName } from "./nearest-name.ts";
import { panelTitle } from "./panel-title.ts";
import { duplicates, NAME_RULE, type Problem } from "./problem.ts";
import { parseDuration } from "./time/duration.ts";
import { isTimeZone } from "./time/zone.ts";

/** Dashboards that every project has; those that explore a metric have its name. */
const OWN_DASHBOARDS = /^(overview|pipeline-health|explore(-.*)?)$/;
/** The kinds of panel, and what stands in each. */
const frame = {
  title: z.string().min(1).max(120).optional(),
  description: z.string().min(1).optional(),
  width: z.int().min(2).max(24).optional(),
};
const about = { ...frame, metric: z.string(), filter: z.record(z.string(), z.unknown()).optional() };
const groups = { ...about, by: z.string(), top: z.int().min(1).max(100).optional() };
const event = z.union([z.string(), z.strictObject({ event: z.string(), where: z.record(z.string(), z.unknown()).optional() })]);
const period = z.enum(["day", "week", "month"]);
const PANELS = {
  trend: z.strictObject({ ...groups, show: z.literal("trend"), by: z.string().optional(), top: z.int().min(1).max(20).optional() }),
  top: z.strictObject({ ...groups, show: z.literal("top"), top: z.int().min(1).max(50).optional() }),
  stat: z.strictObject({ ...about, show: z.literal("stat"), bad: z.tuple([z.number(), z.number()]).optional() }),
  table: z.strictObject({ ...groups, show: z.literal("table") }),
  movers: z.strictObject({ ...groups, show: z.literal("movers") }),
  funnel: z.strictObject({ ...frame, show: z.literal("funnel"), steps: z.array(event), window: z.string() }),
  candles: z.strictObject({
    ...frame,
    show: z.literal("candles"),
    event: z.string(),
    price: z.string(),
    size: z.string().optional(),
    by: z.string().optional(),
    unit: z.string().optional(),
  }),
  retention: z.strictObject({ ...frame, show: z.literal("retention"), first: event, returning: event.optional(), period }),
} as const;

/**
 * What is wrong with the dashboards of a project as such: names, titles, grain and zone. Whether their panels can be answered is found out by asking (`panelQuestion` of queries/).
 * @returns every problem found
 */
export function checkDashboards(dashboards: readonly DashboardDefinition[]): readonly Problem[] {
  return [
    ...duplicates(
      dashboards.map(({ name }) => name),
      (index) => `dashboards[${index}].name`,
      "dashboard",
    ),
    ...duplicates(
      dashboards.map(({ title }) => title.toLowerCase()),
      (index) => `dashboards[${index}].title`,
      "title of a dashboard",
    ),
    ...dashboards.flatMap((dashboard) => checkDashboard(dashboard, `dashboards.${dashboard.name}`)),
  ];
}

function checkDashboard(dashboard: DashboardDefinition, path: string): Problem[] {
  const { grain, name, range, rows, timezone } = dashboard;
  const problems: Problem[] = [];
  const wrong = (part: string, rule: string): void => void problems.push({ path: `${path}.${part}`, rule });
  if (!NAME_RULE.pattern.test(name)) wrong("name", NAME_RULE.text);
  if (OWN_DASHBOARDS.test(name.replaceAll("_", "-"))) wrong("name", `every project has a dashboard "${name}": choose another name`);
  if (name.startsWith("features_")) wrong("name", "dashboards of feature sets have names that begin so: choose another name");
  if (!DASHBOARD_GRAINS.includes(grain))
    wrong(
      "grain",
      `there is no grain ${JSON.stringify(grain)}: ${adviseName(grain, DASHBOARD_GRAINS, `write one of ${DASHBOARD_GRAINS.join(", ")}`)}`,
    );
  if (timezone !== undefined && !isTimeZone(timezone)) wrong("timezone", 'must be an IANA time zone such as "Europe/Berlin"');
  const length = parseDuration(range);
  if (length === undefined || length < 60_000) wrong("range", 'must be a length of time of a minute or more, such as "24h" or "30d"');
  if (rows.length === 0) wrong("rows", "must hold at least one row of panels");
  const panels = rows.flatMap((row, index) => row.panels.map((panel, place) => ({ panel, at: `rows[${index}].panels[${place}]` })));
  for (const [index, row] of rows.entries()) if (row.panels.length === 0) wrong(`rows[${index}].panels`, "must hold at least one panel");
  const shapes = panels.map(({ panel }) => shapeProblem(panel));
  for (const [index, rule] of shapes.entries()) if (rule !== undefined) wrong(panels[index]?.at ?? "rows", rule);
  if (shapes.every((rule) => rule === undefined))
    problems.push(
      ...duplicates(
        panels.map(({ panel }) => panelTitle(panel)),
        (index) => `${path}.${panels[index]?.at ?? ""}.title`,
        "title",
      ),
    );
  return problems;
}

/** Why a value is no panel; undefined if it is one. */
function shapeProblem(panel: unknown): string | undefined {
  const kinds = Object.keys(PANELS);
  const show = typeof panel === "object" && panel !== null && "show" in panel ? panel.show : undefined;
  if (typeof show !== "string" || !Object.hasOwn(PANELS, show))
    return `there is no panel ${JSON.stringify(show)}: ${adviseName(String(show), kinds, `\`show\` is one of ${kinds.join(", ")}`)}`;
  const [issue] = PANELS[show as keyof typeof PANELS].safeParse(panel).error?.issues ?? [];
  return issue && `${issue.path.length === 0 ? "" : `"${issue.path.join(".")}": `}${issue.message}`;
}
