import { describe, expect, it } from "vitest";
import { compareDashboards } from "./compare-dashboards.ts";
import { dashboardsOf } from "./dashboard-json.test-support.ts";
import { sampleProject } from "./sample-project.test-support.ts";

const [overview] = dashboardsOf(sampleProject("sample")) as unknown as Record<string, unknown>[];
const wanted = overview!;
const panels = wanted["panels"] as Record<string, unknown>[];
/** As Grafana gives it back: with numbers of its own. */
const held = { ...wanted, id: 7, version: 3, panels: panels.map((panel, index) => ({ ...panel, id: index + 100 })) };

describe("compareDashboards", () => {
  it("finds nothing where only Grafana's own numbers differ", () => {
    expect(compareDashboards(wanted, held)).toMatchObject({ change: "same", added: [], removed: [], changed: [] });
  });

  it("tells what is new", () => {
    const { added, change } = compareDashboards(wanted, undefined);
    expect([change, added.length]).toEqual(["new", panels.length]);
  });

  it("names panels and parts that differ", () => {
    const edited = {
      ...held,
      refresh: "1h",
      panels: [...held.panels.slice(2), { ...held.panels[1]!, description: "by hand" }, { type: "text", title: "Note", id: 1 }],
    };
    const [gone, changed] = panels.map(({ title }) => String(title));
    expect(compareDashboards(wanted, edited)).toMatchObject({
      change: "changed",
      added: [gone],
      removed: ["Note"],
      changed: ["refresh", changed],
    });
  });
});
