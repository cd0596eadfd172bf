import { describe, expect, test } from "vitest";
import { defineProject } from "../model/index.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { dashboardsOf, dataPanels, type PanelJson } from "./dashboard-json.test-support.ts";
import { buildDashboards } from "./index.ts";
import { sampleProject } from "./sample-project.test-support.ts";

const project = sampleProject("sample");
const dashboards = dashboardsOf(project);

describe.each(dashboards)("$title", (dashboard) => {
  const panels = dataPanels(dashboard);

  test("has a uid that Grafana takes, a description and a schema version", () => {
    expect(dashboard.uid).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(dashboard.description).not.toBe("");
    expect(dashboard.schemaVersion).toBe(41);
    expect(dashboard.timezone).toBe("Europe/Berlin");
  });

  test("numbers its panels and keeps them on the grid, apart from each other", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    expect(overlapping(dashboard.panels)).toEqual([]);
  });

  test.each(panels)("$title: title, description, unit, versions, one query by its reference", (panel) => {
    expect(panel.title).not.toBe("");
    expect(panel.description?.length).toBeGreaterThan(20);
    expect(panel.fieldConfig.defaults.unit).toBeTruthy();
    expect(panel.pluginVersion).toMatch(/^\d+\.\d+\.\d+$/);
    expect(panel.targets?.map(({ refId }) => refId)).toEqual(["A"]);
    expect(panel.targets?.[0]?.pluginVersion).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test.each(panels.filter(({ type }) => type === "stat"))("$title: thresholds and a calculation", (panel) => {
    expect(panel.fieldConfig.defaults.thresholds?.steps.length).toBeGreaterThan(0);
    expect(panel.options.reduceOptions?.calcs).toEqual(["lastNotNull"]);
  });

  test.each(panels.filter(({ type }) => type === "timeseries"))(
    "$title: a legend, ascending time, a style for what is not final",
    (panel) => {
      expect(panel.options.legend?.showLegend).toBe(true);
      expect(panel.targets?.[0]).toMatchObject({ format: 0 });
      expect(panel.targets?.[0]?.rawSql).toMatch(/\nORDER BY time(, series)?$/);
      const names = [...(panel.targets?.[0]?.rawSql ?? "").matchAll(/AS `([^`]*\(not final\))`/g)].map((match) => match[1] ?? "");
      const styles = panel.fieldConfig.overrides.map(({ matcher }) => new RegExp(matcher.options.slice(1, -1)));
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(styles.filter((style) => style.test(`${name} DE`))).toHaveLength(1);
    },
  );

  test.each(panels)("$title: SQL is bounded, and buckets come from the grid alone", (panel) => {
    const sql = panel.targets?.[0]?.rawSql ?? "";
    expect(sql).toMatch(/\bLIMIT \d+$|\bGROUP BY /);
    expect(sql).not.toMatch(/\$__(timeInterval|interval|timeGroup)|--|\/\*/);
  });

  test("reads the data source chosen at the top, nowhere another", () => {
    const annotations = dashboard.annotations.list.filter(({ builtIn }) => builtIn !== 1);
    const variables = dashboard.templating.list.filter(({ type }) => type === "query");
    for (const { datasource } of [...panels, ...annotations, ...variables]) expect(datasource).toEqual(DATASOURCE);
    for (const { targets } of panels) expect(targets?.[0]?.datasource).toEqual(DATASOURCE);
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(expect.arrayContaining(["datasource", "grain"]));
  });

  test("quotes every variable in SQL", () => {
    const sql = JSON.stringify(dashboard.panels.map(({ targets }) => targets?.map(({ rawSql }) => rawSql)));
    for (const [variable] of sql.matchAll(/\$\{[^}]*\}|\$(?!__)\w+/g)) expect(variable).toMatch(/^\$\{\w+:singlequote\}$/);
  });

  test("links to the other dashboards, and to those that explore a metric, with time and variables", () => {
    const [menu, ...others] = dashboard.links.toReversed();
    expect(others.toReversed().map(({ url }) => url)).toEqual(
      dashboards.filter(({ tags, uid }) => uid !== dashboard.uid && !tags.includes("explore")).map(({ uid }) => `/d/${uid}`),
    );
    expect(menu).toMatchObject({ type: "dashboards", asDropdown: true, tags: ["hydrograph", "sample", "explore"] });
    for (const link of dashboard.links) expect(link).toMatchObject({ keepTime: true, includeVars: true });
  });

  test("has Grafana's own annotations, and what was done to the numbers", () => {
    const names = ["Annotations & Alerts", "Config changes", "Rollup changes", "Replays"];
    const hasCandles = panels.some(({ type }) => type === "candlestick");
    expect(dashboard.annotations.list.map(({ name }) => name)).toEqual([...names, ...(hasCandles ? ["Not final"] : [])]);
  });
});

test("each metric whose values are numbers has a dashboard to explore it, and its panels lead there", () => {
  const numeric = [...project.metrics.map(({ name }) => name).filter((name) => name !== "last_coupon"), "orders_a_buyer"];
  const explored = dashboards.filter(({ tags }) => tags.includes("explore"));
  expect(explored.map(({ title }) => title)).toEqual(numeric.map((name) => `sample: explore ${name.replaceAll("_", " ")}`));
  for (const { templating } of explored)
    expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "grain", "dimension", "filter", "zone"]);
  const panels = dashboards.filter(({ tags }) => !tags.includes("explore")).flatMap(dataPanels);
  const leading = new Set(panels.flatMap(({ links }) => (links ?? []).map(({ url }) => url.replace(/\?.*/, ""))));
  expect(leading).toEqual(new Set(explored.map(({ uid }) => `/d/${uid}`)));
});

test("the overview has a number and a trend for each metric, and what changed most", () => {
  const titles = dataPanels(dashboards[0]!).map(({ type, title }) => `${type}: ${title}`);
  expect(titles).toHaveLength(project.metrics.length * 2 + 1);
  expect(titles).toEqual(
    expect.arrayContaining([
      "table: Top movers",
      "stat: Revenue",
      "timeseries: Revenue by gift",
      "timeseries: All revenue",
      "table: Last coupon by country",
    ]),
  );
  const revenue = dataPanels(dashboards[0]!).find(({ title }) => title === "Revenue by gift")!;
  expect(revenue.description).toMatch(/^What buyers pay\. Metric revenue: sum of amount of order\.placed/);
  expect(revenue.fieldConfig.defaults.unit).toBe("currencyEUR");
});

test("the same project gives the same bytes, and a long name a uid of its own", async () => {
  expect(await buildDashboards(sampleProject("sample"))).toEqual(await buildDashboards(project));
  const long = ["a", "b"].map((end) => defineProject({ name: `${"long_".repeat(11)}${end}`, streams: [], events: [] }));
  const uids = (await Promise.all(long.map(buildDashboards))).flat().map(({ uid }) => uid);
  expect(new Set(uids).size).toBe(4);
  for (const uid of uids) expect(uid.length).toBe(40);
});

function overlapping(panels: readonly PanelJson[]): string[] {
  return panels.flatMap((a, index) =>
    panels
      .slice(index + 1)
      .filter(
        ({ gridPos: b }) =>
          a.gridPos.x < b.x + b.w && b.x < a.gridPos.x + a.gridPos.w && a.gridPos.y < b.y + b.h && b.y < a.gridPos.y + a.gridPos.h,
      )
      .map((b) => `${a.title} and ${b.title}`),
  );
}
