import { expect, test } from "vitest";
import { z } from "zod";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { count, defineEvent, defineMetric, defineProject, defineRatio, last, uniq } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { trend } from "./trend.ts";
import type { TrendRequest } from "./trend-request.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), items: z.int(), country: z.string().optional(), gift: z.boolean().optional() }),
});
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country", "gift", "items", "amount"] });
const buyers = defineMetric({ name: "buyers", event: order, measure: uniq("subject") });
const metrics = [
  orders,
  buyers,
  defineMetric({ name: "last_country", event: order, measure: last("country"), dimensions: ["gift"] }),
  defineRatio({ name: "per_buyer", numerator: orders, denominator: buyers }),
];
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [order], metrics });
const NASTY = "'; DROP TABLE events --";
const TIME = 'write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z", or "yesterday", "3 days ago".';

test.each<[Partial<TrendRequest>, string]>([
  [{ metric: "ordres" }, 'There is no metric "ordres": did you mean "orders"?'],
  [{ metric: "temperature" }, 'There is no metric "temperature": the project "shop" has orders, buyers, last_country, per_buyer.'],
  [{ groupBy: ["contry"] }, 'Metric "orders" has no dimension "contry": did you mean "country"?'],
  [{ metric: "buyers", groupBy: ["country"] }, 'Metric "buyers" has no dimensions, so none is called "country".'],
  [{ groupBy: ["country", "country"] }, '"country" is grouped by twice.'],
  [{ filter: { "a'b": 1 } }, `Event "order.placed" has no field "a'b": it has id, source, subject, amount, items, country, gift.`],
  [{ filter: { contry: "DE" } }, 'Event "order.placed" has no field "contry": did you mean "country"?'],
  [{ filter: { country: { gt: "A" } } }, 'The filter on "country" compares sizes, and "country" is text: only numbers have bounds.'],
  [{ filter: { amount: { gt: "10" } } }, 'The filter on "amount" must be a number, not "10".'],
  [{ filter: { items: { lt: Number.POSITIVE_INFINITY } } }, 'The filter on "items" must be a number, not null.'],
  [{ filter: { items: "9223372036854775808" } }, 'The filter on "items" must be a whole number, not "9223372036854775808".'],
  [
    { filter: { amount: { above: 1 } as never } },
    'The filter on "amount" says "above": write a value, a list of values, or some of in, not, gt, gte, lt, lte.',
  ],
  [
    { filter: { amount: {} } },
    'The filter on "amount" says nothing: write a value, a list of values, or some of in, not, gt, gte, lt, lte.',
  ],
  [{ metric: [] }, "The request names no metric."],
  [{ metric: ["orders", "orders"] }, 'The metric "orders" is asked for twice.'],
  [{ metric: ["orders", NASTY] }, `There is no metric "${NASTY}": the project "shop" has orders, buyers, last_country, per_buyer.`],
  [{ metric: ["orders", "per_buyer"], groupBy: ["country"] }, 'Metric "buyers" has no dimensions, so none is called "country".'],
  [{ groupBy: [NASTY] }, `Metric "orders" has no dimension "${NASTY}": it has country, gift, items, amount.`],
  [{ top: 3 }, '"top" chooses among groups, and nothing is grouped by.'],
  [{ top: 0, groupBy: ["country"] }, '"top" is a number of groups from 1 to 1,000, not 0.'],
  [{ top: { groups: 3, by: "ordrs" }, groupBy: ["country"] }, 'There is no metric "ordrs": did you mean "orders"?'],
  [
    { top: { groups: 3, by: "last_country" }, groupBy: ["gift"] },
    'Groups are ranked by numbers, and the values of "last_country" are text: name another metric in "top".',
  ],
  [{ compare: "wek" }, 'There is no period "wek" to compare with: did you mean "week"?'],
  [{ compare: NASTY }, `There is no period "${NASTY}" to compare with: write "previous", "day", "week", "52 weeks", "month" or "year".`],
  [
    { compare: "year", grain: "week" },
    'Buckets of week do not fall on the same grid a year ago: compare with "previous", or with "52 weeks", or choose another grain.',
  ],
  [
    { compare: "day", grain: "7 minutes" },
    'Buckets of 7 minutes do not fall on the same grid a day ago: compare with "previous", or choose another grain.',
  ],
  [{ window: { kind: "rolling", buckets: 1 } }, "A rolling window is 2 to 1,000 buckets long, not 1."],
  [{ window: { kind: "averge" as "average", buckets: 2 } }, 'There is no window "averge": did you mean "average"?'],
  [
    { window: { kind: "cumulative" }, grain: "minute" },
    "A cumulative window over 4,320 buckets puts 9,331,200 together, and 1,000,000 are the most: choose a coarser grain or a shorter range or window.",
  ],
  [{ transform: "grwth" as "growth" }, 'There is no transform "grwth": did you mean "growth"?'],
  [{ metric: "buyers", transform: "rate" }, 'A rate per second needs a count or a sum, and "buyers" measures uniq.'],
  [{ metric: "per_buyer", transform: "rate" }, 'A rate per second needs a count or a sum, and "per_buyer" is a ratio.'],
  [{ metric: "last_country", transform: "growth" }, 'A growth needs numbers, and the values of "last_country" are text.'],
  [
    { metric: "last_country", window: { kind: "average", buckets: 7 } },
    'An average needs numbers, and the values of "last_country" are text.',
  ],
  [{ range: "last week" }, 'Give "range", or "from" and "to", not both.'],
  [{ asOf: -1 }, '"asOf" is -1: a sequence is a whole number from 0.'],
  [{ asOf: "so on" }, `"asOf" is "so on": ${TIME}`],
  [{ asOf: { SHOP: { epoch: 1, seq: 0.5 } } }, '"asOf" has no position of stream SHOP: epoch and seq must be whole numbers from 0.'],
  [
    { grain: "week from someday" },
    'There is no grain "week from someday": a week begins on monday, tuesday, wednesday, thursday, friday, saturday, sunday, as in "week from sunday".',
  ],
  [{ grain: NASTY }, `There is no grain "${NASTY}": write a length such as "5 minutes", "hour", "day", "week" or "month".`],
  [{ filter: { country: 5 } }, 'The filter on "country" must be text, not 5.'],
  [{ filter: { gift: "true" } }, 'The filter on "gift" must be true or false, not "true".'],
  [{ filter: { items: 1.5 } }, 'The filter on "items" must be a whole number, not 1.5.'],
  [{ filter: { amount: [1, "x"] } }, 'The filter on "amount" must be a number, not "x".'],
  [{ filter: { amount: Number.NaN } }, 'The filter on "amount" must be a number, not null.'],
  [{ filter: { gift: { not: "true" } } }, 'The filter on "gift" must be true or false, not "true".'],
  [{ filter: { country: [] } }, 'The filter on "country" names no value.'],
  [{ filter: { items: Array.from({ length: 501 }, (_, number) => number) } }, 'The filter on "items" names 501 values: 500 are the most.'],
  [{ to: "2026-03-28" }, '"to" must lie after "from": the range is half-open, [from, to).'],
  [{ to: "2026-03-27" }, '"to" must lie after "from": the range is half-open, [from, to).'],
  [{ from: "someday" }, `"from" is "someday": ${TIME}`],
  [{ from: NASTY }, `"from" is "${NASTY}": ${TIME}`],
  [{ from: "2026-02-29" }, `"from" is "2026-02-29": ${TIME}`],
  [{ from: new Date(Number.NaN) }, `"from" is an invalid date: ${TIME}`],
  [{ to: "2300-01-01" }, '"to" must lie between the years 1970 and 2200, in whole microseconds.'],
  [{ from: 1.5 }, '"from" must lie between the years 1970 and 2200, in whole microseconds.'],
  [{ timezone: "Europe/Berln" }, 'There is no time zone "Europe/Berln": write an IANA name such as "Europe/Berlin".'],
  [{ timezone: "'; DROP TABLE events --" }, `There is no time zone "'; DROP TABLE events --": write an IANA name such as "Europe/Berlin".`],
  [{ grain: "fortnight" }, 'There is no grain "fortnight": write a length such as "5 minutes", "hour", "day", "week" or "month".'],
  [{ grain: "wek" }, 'There is no grain "wek": did you mean "week"?'],
  [{ grain: "100 years" }, "A bucket of 100 years is too long: 50 years are the most."],
  [{ grain: "second" }, "The range has at least 259,200 buckets, and 50,000 are the most: choose a coarser grain or a shorter range."],
  [
    { metric: "last_country", fill: "linear" },
    'Fill "linear" needs numbers, and the values of "last_country" are text: write none or previous.',
  ],
  [{ fill: "mean" as "none" }, 'There is no fill "mean": write none, zero, previous or linear.'],
])("refuses %o in one sentence", async (request, sentence) => {
  // Nothing answers there: had anything been asked, the error would be another.
  const nowhere = connectClickHouse({ url: "http://127.0.0.1:1", database: "nowhere" });
  const full = { metric: "orders", from: "2026-03-28", to: "2026-03-31", grain: "day", ...request };
  await expect(trend(nowhere, project, full)).rejects.toThrow(new QueryError(sentence));
  await nowhere.close();
});
