import * as fc from "fast-check";
import {
  ageOf,
  calendar,
  describeFeatures,
  difference,
  distinct,
  latest,
  over,
  ratio,
  sinceFirst,
  type CalendarPart,
  type Feature,
  type FeatureSet,
  type Filter,
  type MetricFeature,
} from "../../model/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import type { OracleSpineRow } from "../../tests/oracles/features.ts";
import { eventAt, MS, paid, project, seen, START } from "./training.test-support.ts";

/** Times on a grid of milliseconds, each shifted by at most a microsecond, so that edges are met often and missed narrowly. */
const time = fc.tuple(fc.integer({ min: 0, max: 45 }), fc.constantFrom(-1, 0, 0, 0, 1)).map(([ms, shift]) => START + ms * MS + shift);

/** Parts of entities whose texts come out alike when one is put behind the other. */
const SUBJECTS = ["1", "12", "c"];
const SHOPS = [3, 23, 1];

const paidData = fc.record(
  {
    amount: fc.option(fc.integer({ min: -500, max: 5_000 }).map((cents) => cents / 100)),
    gift: fc.boolean(),
    shop: fc.record({ id: fc.constantFrom(...SHOPS) }),
  },
  { requiredKeys: ["amount"] },
);
const seenData = fc.record({ page: fc.constantFrom("home", "cart", "") }, { requiredKeys: [] });

/** Events in the order of the log: late, out of order, repeated, at one time with others, of two streams and two epochs. */
export const randomEvents: fc.Arbitrary<readonly OracleEvent[]> = fc
  .array(
    fc.record({
      time,
      known_at: time,
      subject: fc.constantFrom(...SUBJECTS),
      source: fc.constantFrom("/web", "/app"),
      what: fc.oneof(
        { weight: 2, arbitrary: paidData.map((data) => ({ type: "paid", data })) },
        seenData.map((data) => ({ type: "seen", data })),
      ),
      place: fc.record({ stream: fc.constantFrom("S", "S", "R"), epoch: fc.constantFrom(1, 2), idx: fc.nat(2) }),
    }),
    { minLength: 20, maxLength: 60 },
  )
  .map((drawn) => drawn.map(({ place, what, ...rest }, index) => eventAt(rest.time, { ...rest, ...what, ...place, seq: index + 1 })));

/** Nothing of "S" after a place in the middle, and of "R" hardly anything. */
export const randomWatermark = fc.option(
  fc.record({ epoch: fc.constantFrom(1, 2), seq: fc.nat(60) }).map((S) => ({ S, R: { epoch: 2, seq: 30 } })),
  { nil: undefined },
);

/** Label rows in no order, some twice, of entities that have events and one that has none. */
export function randomSpine({ entity }: FeatureSet): fc.Arbitrary<readonly OracleSpineRow[]> {
  const subject = fc.constantFrom(...SUBJECTS, "nobody");
  const shop = fc.constantFrom(...SHOPS, 7).map(String);
  const whom =
    typeof entity === "string"
      ? entity === "subject"
        ? subject
        : shop
      : fc.record({ buyer: subject, at: entity["at"] === "source" ? fc.constantFrom("/web", "/app") : shop });
  return fc.array(fc.record({ entity: whom, time }), { minLength: 15, maxLength: 30 });
}

const delay = fc.constantFrom("0s", "0s", "1ms", "5ms");
const length = fc.constantFrom("1ms", "7ms", "10ms", "20ms", "1d", "1000000d");
const lag = fc.constantFrom<string | string[]>("0s", "3ms", ["0s", "10ms"], ["7ms"]);
const several = fc.oneof(length, fc.uniqueArray(length, { minLength: 1, maxLength: 3 }));

const paidFilter = fc.constantFrom<Filter>(
  { amount: { gt: 0 } },
  { amount: null },
  { amount: { gte: 10, lt: 30 }, gift: true },
  { gift: { not: true } },
  { "shop.id": [3, 23] },
  { "data.shop.id": { not: null }, subject: ["1", "c"] },
  { source: "/web" },
);
const seenFilter = fc.constantFrom<Filter>({ page: "home" }, { page: ["home", null] }, { page: { not: "" } }, { source: "/app" });
const paidBy = fc.constantFrom<MetricFeature["by"]>(
  { "shop.id": [3, 23, null] },
  { gift: [true, false] },
  { amount: { small: { lt: 10 }, large: { gte: 10 }, none: null } },
);
const seenBy = fc.constantFrom<MetricFeature["by"]>({ page: ["home", "cart"] }, { page: { bare: "" } });

/** What may be said besides windows; each is left out as often as not. */
function extras(filter: fc.Arbitrary<Filter>, by: fc.Arbitrary<MetricFeature["by"]>): fc.Arbitrary<object> {
  return fc.record({ delay, lag, filter, by }, { requiredKeys: [] });
}

const paidMetric = fc.constantFrom(...project.metrics.filter(({ event }) => event === paid));
const seenMetric = fc.constantFrom(...project.metrics.filter(({ event }) => event === seen));

const paidWindows = fc.oneof(
  fc.tuple(paidMetric, several, extras(paidFilter, paidBy)).map(([metric, window, rest]): Feature => ({ metric, window, ...rest })),
  fc
    .tuple(fc.constantFrom("amount", "gift", "shop.id", "source"), several, extras(paidFilter, paidBy))
    .map(([field, window, rest]): Feature => distinct(paid, field as "amount", { window, ...rest })),
);
const seenWindows = fc
  .tuple(seenMetric, several, extras(seenFilter, seenBy))
  .map(([metric, window, rest]): Feature =>
    over(metric as (typeof project.metrics)[0] & { measure: { kind: "count" } }, { window, ...rest }),
  );

const pastOf = (filter: fc.Arbitrary<Filter>): fc.Arbitrary<object> => fc.record({ delay, filter, maxAge: length }, { requiredKeys: [] });
const paidPast = fc.oneof(
  fc
    .tuple(fc.constantFrom("amount", "gift", "shop.id", "source"), pastOf(paidFilter))
    .map(([field, rest]): Feature => latest(paid, field as "amount", rest)),
  pastOf(paidFilter).map((rest): Feature => ageOf(paid, rest)),
  pastOf(paidFilter).map((rest): Feature => sinceFirst(paid, rest)),
);
const seenPast = fc.oneof(
  pastOf(seenFilter).map((rest): Feature => latest(seen, "page", rest)),
  pastOf(seenFilter).map((rest): Feature => ageOf(seen, rest)),
);
const clock = fc
  .tuple(
    fc.constantFrom<CalendarPart | CalendarPart[]>("hour_of_day", ["day_of_week", "year"]),
    fc.constantFrom("UTC", "America/St_Johns", "Asia/Kathmandu"),
  )
  .map(([part, zone]): Feature => calendar(part, zone));

/** A set of a few declarations of every kind, and features of its features. */
export const randomFeatures: fc.Arbitrary<FeatureSet> = fc
  .constantFrom<FeatureSet["entity"]>(
    "subject",
    "subject",
    "shop.id",
    { buyer: "subject", at: "source" },
    { buyer: "subject", at: "shop.id" },
  )
  .chain((entity) => {
    const hasShop = JSON.stringify(entity).includes("shop.id");
    const declared = hasShop ? fc.oneof(paidWindows, paidPast, clock) : fc.oneof(paidWindows, paidPast, seenWindows, seenPast, clock);
    return fc.tuple(fc.constant(entity), fc.array(declared, { minLength: 2, maxLength: 6 }));
  })
  .chain(([entity, declared]) => {
    const plain = Object.fromEntries(declared.map((feature, index) => [`f${index}`, feature]));
    const numbers = describeFeatures({ features: plain }).flatMap(({ name, type }) => (type === "text" ? [] : [name]));
    return fc.array(fc.tuple(fc.boolean(), fc.nat(), fc.nat()), { maxLength: 3 }).map((pairs): FeatureSet => ({
      name: "random",
      entity,
      // The last first: what a feature is worked out from may stand behind it.
      features: Object.fromEntries([...combined(pairs, numbers).reverse(), ...Object.entries(plain)]),
    }));
  });

/** Ratios and differences of random parts, those made before among them. */
function combined(pairs: readonly (readonly [boolean, number, number])[], numbers: readonly string[]): [string, Feature][] {
  const names = [...numbers];
  return pairs.flatMap(([isRatio, one, other], index): [string, Feature][] => {
    const [left, right] = [names[one % names.length], names[other % names.length]];
    if (left === undefined || right === undefined) return [];
    names.push(`c${index}`);
    return [[`c${index}`, isRatio ? ratio(left, right, { scale: 100 }) : difference(left, right)]];
  });
}
