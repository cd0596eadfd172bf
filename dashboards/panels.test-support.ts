import { describe, expect, test } from "vitest";
import { dashboardBench, seconds, sqlOf, views, type Row } from "./dashboard-bench.test-support.ts";
import { dataPanels } from "./dashboard-json.test-support.ts";
import type { View } from "./expand-macros.test-support.ts";
import { autumn, TRAINING_SET } from "./sample-data.test-support.ts";

/** Of the many dashboards that explore a metric one for each way to measure is run, in the first view: their SQL differs by that alone. */
const EXPLORED = /: explore (orders|revenue|smallest|buyers|spread|orders a buyer)$/;

/** Every query of every dashboard runs in each of the views, and answers what its panel can draw. */
export function checkPanels(names: readonly (keyof typeof views)[]): void {
  const { dashboards, run } = dashboardBench();
  const runIn = (view: View): typeof dashboards =>
    dashboards.filter(({ tags, title }) => !tags.includes("explore") || (view === views["days in Berlin"] && EXPLORED.test(title)));

  describe.each(names)("%s", (title) => {
    const view: View = views[title];
    test.each(
      runIn(view).flatMap((dashboard) =>
        dataPanels(dashboard).map((panel) => [dashboard.title.replace(/^.*: /, ""), panel.title, panel] as const),
      ),
    )("%s: %s", async (_dashboard, _title, panel) => {
      const { columns, rows } = await run(sqlOf(panel), view);
      expect(rows.length).toBeGreaterThan(0);
      if (!/_edges\[_bucket\]/.test(sqlOf(panel))) return;
      expect(columns[0]).toBe("time");
      const times = rows.map(({ time }) => seconds(time));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const buckets = [...new Set(times)];
      expect(rows.length % buckets.length).toBe(0);
      expect(buckets[0]! * 1_000).toBeLessThanOrEqual(view.from);
      expect(buckets[1]! * 1_000).toBeGreaterThan(view.from);
      expect(buckets.at(-1)! * 1_000).toBeLessThan(view.to);
    });

    test("variables and annotations", async () => {
      const variables = runIn(view).flatMap(({ templating }) =>
        templating.list.flatMap(({ name, query }) => (typeof query === "string" ? [] : [[name, query.rawSql] as const])),
      );
      const wanted: Readonly<Record<string, Row[]>> = {
        stream: [{ stream: "SHOP" }, { stream: "it's" }],
        training_set: [{ training_set: TRAINING_SET }, { training_set: "older.parquet ffffffffffff" }],
        instrument: Array.from({ length: 7 }, (__, coupon) => ({ instrument: `c${coupon}` })),
      };
      expect(new Set(variables.map(([name]) => name))).toEqual(
        new Set([...Object.keys(wanted), ...(view === views["days in Berlin"] ? ["filter"] : [])]),
      );
      for (const [name, sql] of variables)
        if (name === "filter") expect((await run(sql, view)).rows.every(({ filter }) => /^\w+=./.test(String(filter)))).toBe(true);
        else expect((await run(sql, view)).rows).toEqual(wanted[name]);
      // All dashboards have the same.
      const annotations = new Map(
        dashboards.flatMap(({ annotations: { list } }) =>
          list.flatMap(({ name, target }) => (target ? [[name, target.rawSql] as const] : [])),
        ),
      );
      const found = await Promise.all(
        [...annotations].map(
          async ([name, sql]) => [name, await run(sql, { ...view, from: autumn.from, to: autumn.to + 3 * 3_600_000 })] as const,
        ),
      );
      expect(Object.fromEntries(found.map(([name, { rows }]) => [name, rows.map(({ text }) => text)]))).toEqual({
        "Config changes": ["SHOP: config c0ffee00", "it's: config decaf000, refill 1"],
        "Rollup changes": [],
        Replays: ["SHOP: 2 events by config decaf000"],
        "Not final": [expect.stringContaining("not over")],
      });
      for (const [, { columns }] of found) expect(columns.filter((name) => name !== "timeEnd")).toEqual(["time", "title", "text", "tags"]);
    });
  });
}
