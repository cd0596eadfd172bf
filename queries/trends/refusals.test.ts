import { expect, test } from "vitest";
import { z } from "zod";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { count, defineEvent, defineMetric, defineProject, last } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { trend } from "./trend.ts";
import type { TrendRequest } from "./trend-request.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), items: z.int(), country: z.string().optional(), gift: z.boolean().optional() }),
});
const metrics = [
  defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country", "gift", "items", "amount"] }),
  defineMetric({ name: "buyers", event: order, measure: count() }),
  defineMetric({ name: "last_country", event: order, measure: last("country") }),
];
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [order], metrics });

test.each<[Partial<TrendRequest>, string]>([
  [{ metric: "ordres" }, 'There is no metric "ordres": did you mean "orders"?'],
  [{ metric: "temperature" }, 'There is no metric "temperature": the project "shop" has orders, buyers, last_country.'],
  [{ groupBy: ["contry"] }, 'Metric "orders" has no dimension "contry": did you mean "country"?'],
  [{ metric: "buyers", groupBy: ["country"] }, 'Metric "buyers" has no dimensions, so none is called "country".'],
  [{ groupBy: ["country", "country"] }, '"country" is grouped by twice.'],
  [{ filter: { "a'b": 1 } }, `Metric "orders" has no dimension "a'b": it has country, gift, items, amount.`],
  [{ filter: { country: 5 } }, 'The filter on "country" must be text, not 5.'],
  [{ filter: { gift: "true" } }, 'The filter on "gift" must be true or false, not "true".'],
  [{ filter: { items: 1.5 } }, 'The filter on "items" must be a whole number, not 1.5.'],
  [{ filter: { amount: [1, "x"] } }, 'The filter on "amount" must be a number, not "x".'],
  [{ filter: { amount: Number.NaN } }, 'The filter on "amount" must be a number, not null.'],
  [{ filter: { country: [] } }, 'The filter on "country" names no value.'],
  [{ to: "2026-03-28" }, '"to" must lie after "from": the range is half-open, [from, to).'],
  [{ to: "2026-03-27" }, '"to" must lie after "from": the range is half-open, [from, to).'],
  [{ from: "yesterday" }, '"from" is "yesterday": write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z".'],
  [{ from: "2026-02-29" }, '"from" is "2026-02-29": write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z".'],
  [
    { from: new Date(Number.NaN) },
    '"from" is an invalid date: write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z".',
  ],
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
