import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  checkProject,
  count,
  defineEvent,
  defineFormula,
  defineMetric,
  defineProject,
  defineRatio,
  last,
  quantiles,
  sum,
} from "./index.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ amount: z.number(), country: z.string() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count() });
const revenue = defineMetric({ name: "revenue", event: order, measure: sum("amount") });
const spread = defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.5]) });
const ratio = defineRatio({ name: "value", numerator: revenue, denominator: orders });
const streams = [{ name: "SHOP", subjects: ["shop.>"] }];
const problems = (metrics: Parameters<typeof defineProject>[0]["metrics"] & object): string[] =>
  checkProject(defineProject({ name: "shop", streams, events: [order], metrics })).map(({ path, rule }) => `${path}: ${rule}`);

describe("ratios and formulas", () => {
  it("stand among the metrics of a project, in any order, and are kept apart", () => {
    const project = defineProject({ name: "shop", streams, events: [order], metrics: [ratio, orders, revenue] });
    expect([project.metrics, project.derived]).toEqual([[orders, revenue], [ratio]]);
    expect(checkProject(project)).toEqual([]);
    expectTypeOf(ratio.name).toEqualTypeOf<"value">();
  });

  it("are of metrics whose answer is one number: others do not compile", () => {
    // @ts-expect-error Quantiles are several numbers.
    defineRatio({ name: "a", numerator: spread, denominator: orders });
    // @ts-expect-error The last value of a text is a text.
    defineRatio({ name: "a", numerator: defineMetric({ name: "b", event: order, measure: last("country") }), denominator: orders });
    // @ts-expect-error The formula has no such part.
    defineFormula({ name: "a", parts: { orders }, value: ({ revenue: missing }) => missing });
  });

  it.each([
    ["a name that is taken", [orders, revenue, { ...ratio, name: "orders" }], ['metrics.orders.name: repeats the metric "orders"']],
    ["a part that the project lacks", [orders, ratio], ["metrics.value.numerator: is not in the project's metrics: add it to `metrics`"]],
    ["a scale of nothing", [orders, revenue, { ...ratio, scale: 0 }], ["metrics.value.scale: must be a number other than 0"]],
    [
      "a part of several numbers",
      [orders, spread, { ...ratio, numerator: spread as never }],
      ["metrics.value.numerator: measures quantiles; a part can be count, sum, avg, variance, stddev, min, max, uniq"],
    ],
    [
      "no parts",
      [orders, defineFormula({ name: "none", parts: {}, value: () => 1 })],
      ["metrics.none.parts: must name at least one metric"],
    ],
    ["two of one name", [orders, revenue, ratio, { ...ratio }], ['metrics.value.name: repeats the metric "value"']],
  ])("refuse %s", (_, metrics, expected) => {
    expect(problems(metrics)).toEqual(expected);
  });
});
