import { expect, test } from "vitest";
import { z } from "zod";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { defineEvent, defineProject, type Filter } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { funnel } from "./funnel.ts";
import { lifecycle } from "./lifecycle.ts";
import { paths } from "./paths.ts";
import { retention } from "./retention.ts";
import { sessions } from "./sessions.ts";

const viewed = defineEvent({ type: "page.viewed", data: z.object({ page: z.string(), session: z.string(), user: z.int() }) });
const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), items: z.int(), country: z.string(), gift: z.boolean(), user: z.string() }),
});
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [viewed, order] });
/** Nothing listens there: what is refused was not asked. */
const nowhere = connectClickHouse({ url: "http://127.0.0.1:9", database: "shop" });
const range = { from: "2026-11-01", to: "2026-12-01" };
const steps = ["page.viewed", "order.placed"];
const where = (field: string, condition: unknown): { event: string; where: Filter } => ({
  event: "order.placed",
  where: { [field]: condition as Filter[string] },
});
const kept = { ...range, steps, window: "7d" };
const grid = { ...range, period: "week" };

test.each<[string, () => Promise<unknown>, string]>([
  [
    "event",
    () => funnel(nowhere, project, { ...kept, steps: ["page.veiwed", "order.placed"] }),
    'There is no event "page.veiwed": did you mean "page.viewed"?',
  ],
  [
    "far event",
    () => lifecycle(nowhere, project, { ...grid, events: ["x"] }),
    'There is no event "x": the project "shop" declares page.viewed, order.placed.',
  ],
  [
    "field",
    () => retention(nowhere, project, { ...grid, first: where("contry", "DE") }),
    'Event "order.placed" has no field "contry": did you mean "country"?',
  ],
  [
    "far field",
    () => funnel(nowhere, project, { ...kept, by: "nothing" }),
    'Event "page.viewed" has no field "nothing": it has id, source, subject, page, session, user.',
  ],
  [
    "field of one event",
    () => sessions(nowhere, project, { ...range, gap: "30m", entity: "session" }),
    'Event "order.placed" has no field "session": it has id, source, subject, amount, items, country, gift, user.',
  ],
  [
    "field of two types",
    () => sessions(nowhere, project, { ...range, gap: "30m", entity: "user" }),
    '"user" cannot tell entities apart: it is a whole number in "page.viewed" and text in "order.placed".',
  ],
  [
    "condition",
    () => retention(nowhere, project, { ...grid, first: where("amount", { atLeast: 1 }) }),
    'The filter on "amount" says "atLeast": write a value, a list of values, or some of in, not, gt, gte, lt, lte.',
  ],
  [
    "filter of a field that an event lacks",
    () => funnel(nowhere, project, { ...kept, filter: { "amount') OR (1=1": 1 } }),
    `Event "page.viewed" has no field "amount') OR (1=1": it has id, source, subject, page, session, user.`,
  ],
  ["one step", () => funnel(nowhere, project, { ...kept, steps: ["page.viewed"] }), "A funnel has from 2 to 12 steps, not 1."],
  [
    "window",
    () => funnel(nowhere, project, { ...kept, window: "a week" }),
    '"window" is "a week": write a length of time such as "30m", "24h" or "7d".',
  ],
  [
    "no window",
    () => funnel(nowhere, project, { ...kept, window: "0s" }),
    '"window" is "0s": write a length of time such as "30m", "24h" or "7d".',
  ],
  ["long gap", () => sessions(nowhere, project, { ...range, gap: "40000d" }), '"gap" is "40000d": 36500d are the most.'],
  [
    "period",
    () => lifecycle(nowhere, project, { ...grid, period: "fortnight" }),
    'There is no period "fortnight": write "day", "week", "month", or a number of them such as "2 weeks".',
  ],
  [
    "periods",
    () => lifecycle(nowhere, project, { ...grid, period: "minute" }),
    "The range has more than 400 periods: choose longer ones or a shorter range.",
  ],
  [
    "range",
    () => paths(nowhere, project, { ...range, to: "2026-11-01", length: 3 }),
    '"to" must lie after "from": the range is half-open, [from, to).',
  ],
  [
    "zone",
    () => paths(nowhere, project, { ...range, timezone: "Mars", length: 3 }),
    'There is no time zone "Mars": write an IANA name such as "Europe/Berlin".',
  ],
  ["length", () => paths(nowhere, project, { ...range, length: 11 }), '"length" is 11: a path has from 2 to 10 steps.'],
  ["limit", () => paths(nowhere, project, { ...range, length: 2, limit: 0 }), '"limit" is 0: from 1 to 1,000 paths can be listed.'],
  [
    "end",
    () => paths(nowhere, project, { ...range, length: 2, endAt: "order.place" }),
    '"endAt" is "order.place", which is none of the events: did you mean "order.placed"?',
  ],
  [
    "event twice",
    () => paths(nowhere, project, { ...range, length: 2, events: ["page.viewed", "page.viewed"] }),
    'The event "page.viewed" is named twice: name it once, with one set of conditions.',
  ],
  ["no events", () => sessions(nowhere, project, { ...range, gap: "1m", events: [] }), "Name at least one event."],
  [
    "position",
    () => funnel(nowhere, project, { ...kept, asOf: { SHOP: { epoch: 1, seq: -1 } } }),
    '"asOf" has no position of stream SHOP: epoch and seq must be whole numbers from 0.',
  ],
  ["sequence", () => sessions(nowhere, project, { ...range, gap: "1m", asOf: 0.5 }), '"asOf" is 0.5: a sequence is a whole number from 0.'],
  ["range and its ends", () => lifecycle(nowhere, project, { ...grid, range: "last week" }), 'Give "range", or "from" and "to", not both.'],
  [
    "range in words",
    () => lifecycle(nowhere, project, { range: "some day", period: "day" }),
    '"range" is "some day": write "today", "this month", "last week", "24h", "3 months", "2026-11" or the like.',
  ],
])("%s is refused in one sentence", async (_what, ask, sentence) => {
  await expect(ask()).rejects.toThrow(new QueryError(sentence));
});
