import { describe, expect, test } from "vitest";
import git from "../examples/git/hydrograph.config.ts";
import market from "../examples/market/hydrograph.config.ts";
import shop from "../examples/shop/hydrograph.config.ts";
import { dashboardsOf, type DashboardJson } from "./dashboard-json.test-support.ts";
import { grafanaDashboard } from "./grafana-schema.test-support.ts";
import { sampleProject } from "./sample-project.test-support.ts";

const dashboards = [sampleProject("sample"), shop, git, market].flatMap(dashboardsOf);

const problems = (dashboard: unknown): readonly string[] =>
  (grafanaDashboard.safeParse(dashboard).error?.issues ?? []).map(({ message, path }) => `${path.join(".")}: ${message}`);

test.each(dashboards)("$title is a dashboard by Grafana's schema", (dashboard) => {
  expect(problems(dashboard)).toEqual([]);
});

describe("the schema", () => {
  const [dashboard] = dashboards;
  const first = dashboard?.panels[1];
  const withPanel = (change: object): unknown => ({ ...dashboard, panels: [{ ...first, ...change }] });

  test.each<readonly [string, unknown]>([
    ["a field that there is not", { ...dashboard, colour: "red" }],
    ["no schema version", { ...dashboard, schemaVersion: undefined }],
    ["a uid that is too long", { ...dashboard, uid: "u".repeat(41) }],
    ["a panel beyond the grid", withPanel({ gridPos: { x: 24, y: 0, w: 6, h: 4 } })],
    ["a panel too wide for the grid", withPanel({ gridPos: { x: 0, y: 0, w: 25, h: 4 } })],
    ["a query without its reference", withPanel({ targets: [{ rawSql: "SELECT 1" }] })],
    ["a link that does not say where time goes", withPanel({ links: [{ title: "Explore", type: "link", url: "/" }] })],
    ["a kind of variable that there is not", { ...dashboard, templating: { list: [{ type: "list", name: "grain" }] } }],
    ["an annotation without a colour", { ...dashboard, annotations: { list: [{ name: "Deployed", datasource: {}, enable: true }] } }],
  ])("refuses %s", (_, broken) => {
    expect(problems(broken)).not.toEqual([]);
  });

  test("knows every panel: none passes because nothing is looked at", () => {
    const kinds = new Set(dashboards.flatMap(({ panels }: DashboardJson) => panels.map(({ type }) => type)));
    expect(kinds).toEqual(new Set(["row", "stat", "table", "timeseries", "candlestick"]));
  });
});
