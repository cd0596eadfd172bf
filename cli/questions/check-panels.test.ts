import { expect, test } from "vitest";
import { z } from "zod";
import { count, defineEvent, defineMetric, defineProject, type DashboardPanel } from "../../model/index.ts";
import { checkPanels } from "./check-panels.ts";

const placed = defineEvent({ type: "order.placed", data: z.object({ country: z.string(), amount: z.number() }) });
const orders = defineMetric({ name: "orders", event: placed, measure: count(), dimensions: ["country"] });

async function problemOf(panel: DashboardPanel): Promise<string | undefined> {
  const dashboards = [{ name: "sales", title: "Sales", range: "30d", grain: "auto", rows: [{ title: "One", panels: [panel] }] }] as const;
  const streams = [{ name: "SHOP", subjects: ["shop.>"] }];
  const [problem] = await checkPanels(defineProject({ name: "shop", streams, events: [placed], metrics: [orders], dashboards }));
  return problem && `${problem.path}: ${problem.rule}`;
}

test("a panel that can be answered is in order", async () => {
  expect(await problemOf({ show: "top", metric: "orders", by: "country", filter: { country: "DE" } })).toBeUndefined();
  expect(await problemOf({ show: "retention", first: "order.placed", period: "week" })).toBeUndefined();
});

test.each<[DashboardPanel, RegExp]>([
  [{ show: "stat", metric: "order" }, /^dashboards\.sales: panel "Order": .*did you mean "orders"\?/],
  [{ show: "trend", metric: "orders", by: "cuntry" }, /has no dimension "cuntry": did you mean "country"\?/],
  [{ show: "stat", metric: "orders", filter: { amount: { gt: 1 } } }, /The filter is on amount, which is no dimension of orders/],
  [{ show: "funnel", steps: ["order.placed", "order.payed"], window: "1d" }, /did you mean "order\.placed"\?/],
  [{ show: "funnel", steps: ["order.placed", "order.placed"], window: "soon" }, /"window" is "soon"/],
])("%o is refused in a sentence", async (panel, sentence) => {
  expect(await problemOf(panel)).toMatch(sentence);
});
