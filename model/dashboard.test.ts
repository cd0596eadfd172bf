import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkProject, count, defineDashboard, defineEvent, defineMetric, defineProject, type DashboardDefinition } from "./index.ts";

const placed = defineEvent({ type: "order.placed", data: z.object({ country: z.string() }) });
const orders = defineMetric({ name: "orders", event: placed, measure: count(), dimensions: ["country"] });
const panels = [{ show: "stat", metric: orders }] as const;
const sales = defineDashboard({ name: "sales", title: "Sales", rows: [{ title: "Orders", panels }] });

const problems = (...dashboards: readonly DashboardDefinition[]): readonly string[] =>
  checkProject(
    defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [placed], metrics: [orders], dashboards }),
  ).map(({ path, rule }) => `${path}: ${rule}`);

describe("defineDashboard", () => {
  test("holds metrics and events by their names, and fills in what is not said", () => {
    const made = defineDashboard({
      name: "all",
      title: "All",
      rows: [
        {
          title: "One",
          panels: [
            { show: "trend", metric: orders, by: "country" },
            { show: "funnel", steps: [placed, { event: placed, where: { country: "DE" } }], window: "1d" },
          ],
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(made))).toEqual({
      name: "all",
      title: "All",
      range: "30d",
      grain: "auto",
      rows: [
        {
          title: "One",
          panels: [
            { show: "trend", metric: "orders", by: "country" },
            { show: "funnel", steps: ["order.placed", { event: "order.placed", where: { country: "DE" } }], window: "1d" },
          ],
        },
      ],
    });
    expect(problems(made)).toEqual([]);
  });

  test("a dimension that the metric lacks does not compile", () => {
    // @ts-expect-error there is no dimension "city"
    defineDashboard({ name: "a", title: "A", rows: [{ title: "One", panels: [{ show: "top", metric: orders, by: "city" }] }] });
    expect(problems(sales)).toEqual([]);
  });
});

describe("checkProject", () => {
  test.each<[string, Partial<DashboardDefinition>, string]>([
    ["a name that every project has", { name: "pipeline_health" }, "dashboards.pipeline_health.name: every project has a dashboard"],
    ["a name that is none", { name: "Sales!" }, "dashboards.Sales!.name: must start with a lower-case letter"],
    ["a grain that is none", { grain: "dya" as "day" }, 'dashboards.sales.grain: there is no grain "dya": did you mean "day"?'],
    ["a zone that is none", { timezone: "Berlin" }, "dashboards.sales.timezone: must be an IANA time zone"],
    ["a range that is none", { range: "long" }, "dashboards.sales.range: must be a length of time"],
    ["no rows", { rows: [] }, "dashboards.sales.rows: must hold at least one row"],
    ["two panels of one title", { rows: [...sales.rows, ...sales.rows] }, 'rows[1].panels[0].title: repeats the title "Orders"'],
    [
      "a panel that is none",
      { rows: [{ title: "One", panels: [{ show: "trnd" as "trend", metric: "orders" }] }] },
      'rows[0].panels[0]: there is no panel "trnd": did you mean "trend"?',
    ],
    [
      "a width that does not fit",
      { rows: [{ title: "One", panels: [{ show: "stat", metric: "orders", width: 40 }] }] },
      'rows[0].panels[0]: "width": Too big',
    ],
  ])("refuses %s", (_, change, sentence) => {
    expect(problems({ ...sales, ...change }).join("\n")).toContain(sentence);
  });

  test("refuses two dashboards of one name", () => {
    expect(problems(sales, { ...sales, title: "Other" })).toEqual(['dashboards[1].name: repeats the dashboard "sales"']);
  });
});
