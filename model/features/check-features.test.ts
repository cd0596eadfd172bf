import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  ageOf,
  calendar,
  checkProject,
  count,
  defineEvent,
  defineMetric,
  defineProject,
  difference,
  distinct,
  first,
  latest,
  max,
  over,
  quantiles,
  ratio,
  sinceFirst,
  type Feature,
  type FeatureSet,
  type MetricFeature,
} from "../index.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), country: z.string(), gift: z.boolean().optional(), shop: z.object({ id: z.int() }) }),
});
const orders = defineMetric({ name: "orders", event: order, measure: count() });
const largest = defineMetric({ name: "largest", event: order, measure: max("amount") });
const country = defineMetric({ name: "country", event: order, measure: first("country") });
const spread = defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.5]) });
const NAME = 'must start with a lower-case letter and have only lower-case letters, digits and "_" (63 at most)';
const WINDOW = 'must be a duration above zero such as "1h" or "30d"';
const FIELDS = 'event "order.placed" has no scalar field "price" (it has: id, source, subject, amount, country, gift, shop.id)';

function problemsOf(sets: readonly FeatureSet[]): string[] {
  const project = defineProject({
    name: "shop",
    streams: [{ name: "SHOP", subjects: ["shop.>"] }],
    events: [order],
    metrics: [orders, largest, country, spread],
    features: sets,
  });
  return checkProject(project).map(({ path, rule }) => `${path}: ${rule}`);
}

/** The problems of a set with these features; nothing is compiled away, as in a config of plain JavaScript. */
function problems(features: Readonly<Record<string, unknown>>, entity: FeatureSet["entity"] = "subject"): string[] {
  return problemsOf([{ name: "buyer", entity, features: features as Record<string, Feature> }]);
}

const windows = (options: Partial<Record<keyof MetricFeature, unknown>>): string[] =>
  problems({ n: { metric: orders, window: "1h", ...options } });

describe("a set", () => {
  it("may have every kind of feature", () => {
    const all = {
      orders: over(orders, { window: ["1h", "7d"], lag: ["0s", "7d"], delay: "5m", filter: { gift: true, amount: { gt: 1 } } }),
      by_country: over(largest, { window: "30d", by: { country: ["DE", "AT", null] } }),
      by_size: over(orders, { window: ["1d"], by: { amount: { small: { lt: 10 }, large: { gte: 10 } } } }),
      shops: distinct(order, "shop.id", { window: "30d" }),
      last_country: latest(order, "country", { maxAge: "90d" }),
      age: ageOf(order, { delay: "1h", filter: { country: ["DE", "AT"] } }),
      known_for: sinceFirst(order),
      share: ratio("orders_1h", "orders_7d", { scale: 100, unit: "%" }),
      change: difference("orders_7d", "orders_7d_7d_ago"),
      turn: ratio("change", "share"),
      local: calendar(["hour_of_day", "day_of_week"], "Europe/Berlin"),
    };
    expect(problems(all)).toStrictEqual([]);
    expect(problems(all, { buyer: "subject", shop: "shop.id" })).toStrictEqual([]);
  });

  it("has a name of its own, features and an entity", () => {
    const set = { name: "buyer", entity: "subject", features: { n: { metric: orders, window: "1h" } } };
    expect(problemsOf([set, { ...set }])).toStrictEqual(['features[1].name: repeats the feature set "buyer"']);
    expect(problemsOf([{ ...set, name: "Buyer" }])).toStrictEqual([`features[0].name: ${NAME}`]);
    expect(problems({})).toStrictEqual(["features.buyer: must name at least one feature"]);
    const { features } = set;
    expect(problems(features, {})).toStrictEqual(["features.buyer.entity: must name at least one field"]);
    expect(problems(features, { time: "subject" })).toStrictEqual([
      'features.buyer.entity.time: "time" is the column of T: choose another name',
    ]);
    expect(problems(features, { "the buyer": "subject" })).toStrictEqual([`features.buyer.entity.the buyer: ${NAME}`]);
  });

  it("has an entity that each of its events has", () => {
    expect(problems({ n: { metric: orders, window: "1h" }, m: ageOf(order) }, "price")).toStrictEqual([
      `features.buyer.n: has no entity: ${FIELDS}`,
    ]);
    expect(problems({ m: ageOf(order) }, { buyer: "subject", price: "price" })).toStrictEqual([
      `features.buyer.m: has no entity: ${FIELDS}`,
    ]);
    expect(problems({ n: { metric: orders, window: "1h" } }, "amount")).toStrictEqual([]);
  });
});

describe("nothing looks ahead of T", () => {
  const AHEAD = "would look ahead of the label's time";
  it.each<[string, object, string[]]>([
    ["window", { window: "-1h" }, [`features.buyer.n.window: ${WINDOW}: "-1h" ${AHEAD}`]],
    ["one of several windows", { window: ["1h", "-7d"] }, [`features.buyer.n.window: ${WINDOW}: "-7d" ${AHEAD}`]],
    ["delay", { delay: "-5m" }, [`features.buyer.n.delay: must be a duration such as "5m": "-5m" ${AHEAD}`]],
    ["lag", { lag: "-7d" }, [`features.buyer.n.lag: must be a duration such as "7d": "-7d" ${AHEAD}`]],
    ["one of several lags", { lag: ["0s", "-7d"] }, [`features.buyer.n.lag: must be a duration such as "7d": "-7d" ${AHEAD}`]],
  ])("with a negative %s", (_name, options, expected) => {
    expect(windows(options)).toStrictEqual(expected);
  });

  it("with a negative age or delay of the past", () => {
    expect(problems({ n: latest(order, "country", { maxAge: "-1d", delay: "-1h" }) })).toStrictEqual([
      `features.buyer.n.maxAge: must be a duration above zero such as "30d": "-1d" ${AHEAD}`,
      `features.buyer.n.delay: must be a duration such as "5m": "-1h" ${AHEAD}`,
    ]);
  });
});

describe("windows", () => {
  it.each<[string, object, string[]]>([
    ["of no length", { window: "0s" }, [`features.buyer.n.window: ${WINDOW}`]],
    ["in words", { window: "month" }, [`features.buyer.n.window: ${WINDOW}`]],
    ["absent", { window: undefined }, [`features.buyer.n.window: ${WINDOW}`]],
    ["none of several", { window: [] }, [`features.buyer.n.window: ${WINDOW}`]],
    ["with a delay in words", { delay: "later" }, ['features.buyer.n.delay: must be a duration such as "5m"']],
    ["with a lag in words", { lag: "last week" }, ['features.buyer.n.lag: must be a duration such as "7d"']],
    [
      "of another project's metric",
      { metric: { ...orders } },
      ["features.buyer.n.metric: is not in the project's metrics: add it to `metrics`"],
    ],
    ["of no metric", { metric: undefined }, ["features.buyer.n.metric: is not in the project's metrics: add it to `metrics`"]],
    [
      "of a measure with several values",
      { metric: spread },
      ["features.buyer.n.metric: measures quantiles; a feature can be count, sum, avg, variance, stddev, min, max, first, last, uniq"],
    ],
    ["filtered by a field that there is not", { filter: { price: 1 } }, [`features.buyer.n.filter: ${FIELDS}`]],
    [
      "filtered by a value of another type",
      { filter: { country: 49 } },
      ['features.buyer.n.filter: the filter on "country" must be text, not 49'],
    ],
    [
      "filtered by a condition that there is not",
      { filter: { amount: { above: 1 } } },
      [
        'features.buyer.n.filter: the filter on "amount" says "above": write a value, a list of values, or some of in, not, gt, gte, lt, lte',
      ],
    ],
    ["by two fields", { by: { country: ["DE"], gift: [true] } }, ["features.buyer.n.by: must name one field"]],
    ["by no field", { by: {} }, ["features.buyer.n.by: must name one field"]],
    ["by no value", { by: { country: [] } }, ["features.buyer.n.by.country: must declare at least one value"]],
    ["by a field that there is not", { by: { price: [1] } }, [`features.buyer.n.by.price: ${FIELDS}`]],
    [
      "by a value of another type",
      { by: { gift: ["yes"] } },
      ['features.buyer.n.by.gift: the filter on "gift" must be true or false, not "yes"'],
    ],
    [
      "by a value that makes no name",
      { by: { country: ["🛒"] } },
      ['features.buyer.n.by.country: "🛒" makes no name: write { a_name: "🛒" }'],
    ],
  ])("%s", (_name, options, expected) => {
    expect(windows(options)).toStrictEqual(expected);
  });
});

describe("other kinds", () => {
  it.each<[string, unknown, string[]]>([
    [
      "none of them",
      { kind: "median" },
      [
        "features.buyer.n: must be a metric and a window, or made by over, distinct, latest, ageOf, sinceFirst, ratio, difference or calendar",
      ],
    ],
    [
      "nothing",
      null,
      [
        "features.buyer.n: must be a metric and a window, or made by over, distinct, latest, ageOf, sinceFirst, ratio, difference or calendar",
      ],
    ],
    [
      "distinct values of another project's event",
      distinct({ ...order }, "country", { window: "1h" }),
      ["features.buyer.n.event: is not in the project's events: add it to `events`"],
    ],
    [
      "distinct values of no field",
      { kind: "distinct", event: order, field: "price", window: "1h" },
      [`features.buyer.n.field: ${FIELDS}`],
    ],
    ["the latest of no field", { kind: "latest", event: order, field: "price" }, [`features.buyer.n.field: ${FIELDS}`]],
    [
      "the age of another project's event",
      ageOf({ ...order }),
      ["features.buyer.n.event: is not in the project's events: add it to `events`"],
    ],
    [
      "the age of events that cannot be told apart",
      ageOf(order, { filter: { amount: [] } }),
      ['features.buyer.n.filter: the filter on "amount" names no value'],
    ],
    [
      "an unknown part of the calendar",
      { kind: "calendar", part: ["hour"], zone: "UTC" },
      [expect.stringContaining("features.buyer.n.part: must be of minute_of_hour, hour_of_day, ") as string],
    ],
    [
      "no part of the calendar",
      { kind: "calendar", part: [], zone: "UTC" },
      [expect.stringContaining("features.buyer.n.part: must be of ") as string],
    ],
    ["an unknown zone", calendar("hour_of_day", "+02:00"), ['features.buyer.n.zone: must be an IANA time zone such as "Europe/Berlin"']],
    ["a ratio to no scale", ratio("n", "n", { scale: 0 }), ["features.buyer.n.scale: must be a number other than 0"]],
  ])("%s", (_name, feature, expected) => {
    expect(problems({ n: feature })).toStrictEqual(expected);
  });
});

describe("names", () => {
  it.each<[string, Readonly<Record<string, unknown>>, string[]]>([
    ["that are none", { "n-1": { metric: orders, window: "1h" } }, [`features.buyer.n-1: ${NAME}`]],
    [
      "made by a declaration that are none",
      { n: over(orders, { window: "1h", by: { country: { "the North": "NO" } } }) },
      [`features.buyer.n: makes the feature "n_the North", which ${NAME}`],
    ],
    [
      "of label rows' own columns",
      { time: { metric: orders, window: "1h" } },
      ['features.buyer.time: "time" is a column of every training set: choose another name'],
    ],
    ["of the entity", { entity: ageOf(order) }, ['features.buyer.entity: "entity" is a column of every training set: choose another name']],
    [
      "that two declarations make",
      { n: over(orders, { window: ["1h", "7d"] }), n_7d: ageOf(order) },
      ['features.buyer.n_7d: makes the feature "n_7d", which "n" makes already'],
    ],
    [
      "that one declaration makes twice",
      { n: over(orders, { window: ["7d", "7d"] }) },
      ['features.buyer.n: makes the feature "n_7d", which "n" makes already'],
    ],
    [
      "of values that differ in signs only",
      { n: over(orders, { window: "1h", by: { country: ["a-b", "a_b"] } }) },
      ['features.buyer.n: makes the feature "n_a_b", which "n" makes already'],
    ],
  ])("%s", (_name, features, expected) => {
    expect(problems(features)).toStrictEqual(expected);
  });
});

describe("features of features", () => {
  const n = { metric: orders, window: "1h" };
  it.each<[string, Readonly<Record<string, unknown>>, string[]]>([
    ["that there are not", { n, r: ratio("n", "m") }, ['features.buyer.r: needs the feature "m", which there is not (there are: n, r)']],
    [
      "by the name of a declaration that makes several",
      { m: over(orders, { window: ["1h"] }), d: difference("m", "m_1h") },
      ['features.buyer.d: needs the feature "m", which there is not (there are: m_1h, d)'],
    ],
    ["worked out from itself", { n, r: ratio("n", "r") }, ["features.buyer.r: is worked out from itself: r -> r"]],
    [
      "worked out from one another",
      { n, a: ratio("n", "b"), b: difference("c", "n"), c: ratio("a", "n"), outside: ratio("a", "n") },
      [
        "features.buyer.a: is worked out from itself: a -> b -> c -> a",
        "features.buyer.b: is worked out from itself: b -> c -> a -> b",
        "features.buyer.c: is worked out from itself: c -> a -> b -> c",
      ],
    ],
    [
      "that are text",
      { c: { metric: country, window: "1h" }, n, r: ratio("n", "c"), d: difference("c", "n") },
      ['features.buyer.r: needs numbers for a ratio, and "c" is text', 'features.buyer.d: needs numbers for a difference, and "c" is text'],
    ],
  ])("%s", (_name, features, expected) => {
    expect(problems(features)).toStrictEqual(expected);
  });
});
