import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  ageOf,
  calendar,
  count,
  defineEvent,
  defineMetric,
  describeFeatures,
  difference,
  distinct,
  expandFeatures,
  latest,
  over,
  quantiles,
  ratio,
  sinceFirst,
  sum,
  uniq,
  type CountMeasure,
  type Feature,
  type FilterOf,
  type Metric,
  type NumericMeasure,
} from "../index.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), country: z.string(), gift: z.boolean().optional(), shop: z.object({ id: z.int() }) }),
});
const orders = defineMetric({ name: "orders", event: order, measure: count(), unit: "orders" });
const revenue = defineMetric({ name: "revenue", event: order, measure: sum("amount"), unit: "EUR" });
const shops = defineMetric({ name: "shops", event: order, measure: uniq("shop.id") });

const namesOf = (features: Readonly<Record<string, Feature>>): string[] => expandFeatures({ features }).map(({ name }) => name);

describe("names", () => {
  it("are those of the declarations, with value, window and lag where there are several", () => {
    expect(namesOf({ n: { metric: orders, window: "1h" } })).toEqual(["n"]);
    expect(namesOf({ n: over(orders, { window: ["1h", "7d"] }) })).toEqual(["n_1h", "n_7d"]);
    expect(namesOf({ n: over(orders, { window: "1h", lag: "7d" }) })).toEqual(["n"]);
    expect(namesOf({ n: over(orders, { window: ["1h", "7d"], lag: ["0s", "1d"], by: { country: ["DE", null] } }) })).toEqual([
      "n_de_1h",
      "n_de_1h_1d_ago",
      "n_de_7d",
      "n_de_7d_1d_ago",
      "n_none_1h",
      "n_none_1h_1d_ago",
      "n_none_7d",
      "n_none_7d_1d_ago",
    ]);
    expect(namesOf({ n: over(orders, { window: "1h", by: { country: ["Côte d'Ivoire", "-x-"] } }) })).toEqual(["n_c_te_d_ivoire", "n_x"]);
    expect(namesOf({ n: over(orders, { window: "1h", by: { gift: [true, false] } }) })).toEqual(["n_true", "n_false"]);
    expect(namesOf({ n: over(orders, { window: "1h", by: { amount: { small: { lt: 10 } } } }) })).toEqual(["n_small"]);
    expect(namesOf({ n: calendar("year", "UTC"), m: calendar(["year"], "UTC") })).toEqual(["n", "m_year"]);
  });
});

describe("what is known of a feature", () => {
  it.each<[string, Feature, readonly unknown[]]>([
    ["a count", over(orders, { window: "1h" }), ["integer", "orders", null, "count of order.placed in [T - 1h, T)"]],
    [
      "a sum",
      over(revenue, { window: "7d" }),
      ["number", "EUR", "no such event with amount in the window", "sum(amount) of order.placed in [T - 7d, T)"],
    ],
    [
      "a window of the past, filtered",
      over(revenue, {
        window: "1h",
        delay: "5m",
        lag: "7d",
        filter: { gift: true, country: ["DE", null], amount: { gt: 1, lte: 9 } },
        unit: "¢",
      }),
      [
        "number",
        "¢",
        "no such event with amount in the window",
        "sum(amount) of order.placed in [T - 5m - 7d - 1h, T - 5m - 7d) where gift = true and country in (DE, null) and amount > 1 and amount <= 9",
      ],
    ],
    [
      "one of a metric that estimates",
      over(shops, { window: "1d" }),
      ["integer", null, null, "distinct shop.id of order.placed in [T - 1d, T)"],
    ],
    [
      "distinct values",
      distinct(order, "country", { window: "1d" }),
      ["integer", null, null, "distinct country of order.placed in [T - 1d, T)"],
    ],
    [
      "the latest text",
      latest(order, "country", { maxAge: "90d", delay: "1h" }),
      ["text", null, "no such event with country in the window", "last(country) of order.placed in [T - 1h - 90d, T - 1h)"],
    ],
    [
      "the latest number",
      latest(order, "amount", { unit: "EUR" }),
      ["number", "EUR", "no such event with amount", "last(amount) of order.placed before T"],
    ],
    ["the latest truth value", latest(order, "gift"), ["text", null, "no such event with gift", "last(gift) of order.placed before T"]],
    ["an age", ageOf(order), ["number", "s", "no such event", "seconds to T from the last order.placed before T"]],
    [
      "the time since the first",
      sinceFirst(order, { delay: "1h", filter: { gift: true } }),
      ["number", "s", "no such event", "seconds to T from the first order.placed before T - 1h where gift = true"],
    ],
    [
      "a part of the calendar",
      calendar("day_of_week", "Europe/Berlin"),
      ["integer", null, null, "day_of_week of T in Europe/Berlin: 1 (Monday) to 7 (Sunday)"],
    ],
  ])("%s", (_name, feature, expected) => {
    const [{ definition, missing, type, unit } = {}] = describeFeatures({ features: { n: feature } });
    expect([type, unit, missing, definition]).toEqual(expected);
  });

  it("follows through features of features", () => {
    const described = describeFeatures({
      features: {
        a: over(orders, { window: "1h" }),
        b: over(orders, { window: "7d" }),
        c: over(revenue, { window: "7d" }),
        share: ratio("a", "b", { scale: 100, unit: "%", description: "How busy it is." }),
        rise: difference("a", "b"),
        rest: difference("c", "b"),
        rises: difference("rise", "a"),
      },
    });
    expect(
      described.slice(3).map(({ definition, description, missing, type, unit }) => [definition, type, unit, missing, description]),
    ).toEqual([
      ["a / b * 100", "number", "%", "b is 0, or one of the two has no value", "How busy it is."],
      ["a - b", "integer", "orders", null, null],
      ["c - b", "number", null, "one of the two has no value", null],
      ["rise - a", "integer", "orders", null, null],
    ]);
  });
});

describe("what compiles", () => {
  it("knows the fields of a metric's event", () => {
    expectTypeOf<keyof FilterOf<typeof order>>().toEqualTypeOf<
      | "id"
      | "source"
      | "subject"
      | "amount"
      | "country"
      | "gift"
      | "shop.id"
      | "data.amount"
      | "data.country"
      | "data.gift"
      | "data.shop.id"
    >();
    // @ts-expect-error the event has no such field
    over(orders, { window: "1h", filter: { price: 1 } });
    // @ts-expect-error nor can it be counted by one
    over(orders, { window: "1h", by: { price: [1] } });
    // @ts-expect-error the event has no such field
    distinct(order, "price", { window: "1h" });
    // @ts-expect-error the event has no such field
    latest(order, "shop");
    // @ts-expect-error the event has no such field
    ageOf(order, { filter: { price: 1 } });
    // @ts-expect-error a window is needed
    over(orders, { delay: "5m" });
    // @ts-expect-error there is no such part of the calendar
    calendar("hour", "UTC");
    // @ts-expect-error a feature is one value
    over(defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.5]) }), { window: "1h" });
    // @ts-expect-error a latest value has no window: its age is bounded by maxAge
    expect(latest(order, "country", { window: "1h" })).toHaveProperty("window");
  });

  it("takes metrics whose event is not known to the compiler", () => {
    const metrics: readonly Metric<string, string, NumericMeasure | CountMeasure>[] = [orders];
    expect(metrics.map((metric) => over(metric, { window: "1h", filter: { anything: 1 } }).metric.name)).toEqual(["orders"]);
  });
});
