import { assert, asyncProperty, constantFrom, double, integer } from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectClickHouse, type ClickHouse } from "../clickhouse/index.ts";
import { DASHBOARD_GRAINS, gridEdges, grainOf } from "../model/index.ts";
import { gridSql } from "./grid-sql.ts";

/** Whole-hour, 30 and 45 minute zones, half-hour DST, midnights skipped by DST, a day skipped whole, and Grafana's name for UTC. */
const ZONES = [
  "utc",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "America/Havana",
  "Africa/Casablanca",
  "Asia/Beirut",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
];
/** Longest range tried, in days. */
const DAYS = { minute: 0.2, "15 minutes": 3, hour: 20, day: 200, week: 500, month: 1_500, quarter: 3_000, year: 5_000 } as const;
type Grain = keyof typeof DAYS;
const DAY = 86_400_000;

/** Moments at which clocks jump: forward and back by an hour and by half an hour, over midnight, and over a whole day. */
const CHANGES = [
  ["Europe/Berlin", "2026-03-29T01:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00Z"],
  ["America/Sao_Paulo", "2018-11-04T03:00Z"],
  ["America/Havana", "2025-11-02T05:00Z"],
  ["Pacific/Apia", "2011-12-30T10:00Z"],
  ["Pacific/Chatham", "2026-04-04T14:00Z"],
] as const;

let clickhouse: ClickHouse;
beforeAll(() => {
  clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
});
afterAll(() => clickhouse.close());

async function edges(grain: string, zone: string, from: number, to: number, tableSeconds = 60): Promise<number[]> {
  const source = {
    grain: `'${grain}'`,
    zone: `'${zone}'`,
    from: `fromUnixTimestamp64Milli(${from})`,
    to: `fromUnixTimestamp64Milli(${to})`,
    tableSeconds,
  };
  const [row] = await clickhouse.rows<{ edges: string[] }>({ name: "Grid", sql: `SELECT ${gridSql(source)} AS edges` });
  return (row?.edges ?? []).map(Number);
}

/** The same by the model. */
function expected(grain: string, zone: string, from: number, to: number): number[] {
  const timezone = zone === "utc" ? "UTC" : zone;
  return gridEdges({ from: from * 1_000, to: to * 1_000, grain: grainOf(grain), timezone }).map((edge) => edge / 1_000_000);
}

test("the grid in SQL is the grid of the model, in every grain and zone", async () => {
  await assert(
    asyncProperty(
      constantFrom(...(Object.keys(DAYS) as Grain[])),
      constantFrom(...ZONES),
      integer({ min: Date.UTC(2011, 10), max: Date.UTC(2036, 11) }),
      double({ min: 0.0001, max: 1, noNaN: true }),
      async (grain, zone, from, share) => {
        const to = from + Math.ceil(share * DAYS[grain] * DAY);
        expect(await edges(grain, zone, from, to)).toEqual(expected(grain, zone, from, to));
      },
    ),
    { numRuns: 60 },
  );
});

test.each(["minute", "15 minutes", "hour", "day"] as const)(
  "both agree around every change of a clock, in buckets of a %s",
  async (grain) => {
    for (const [zone, change] of CHANGES) {
      const at = Date.parse(change);
      const [from, to] = grain === "minute" ? [at - 7_200_000, at + 7_200_001] : [at - DAY - 1, at + DAY + 1];
      expect(await edges(grain, zone, from, to), `${zone} ${change}`).toEqual(expected(grain, zone, from, to));
    }
  },
);

test.each([
  ["a day of 25 hours", "day", "Europe/Berlin", "2025-10-25T22:00Z", "2025-10-26T23:00Z", ["2025-10-25T22:00Z", "2025-10-26T23:00Z"]],
  [
    "a day that begins at 1 o'clock",
    "day",
    "America/Sao_Paulo",
    "2018-11-04T12:00Z",
    "2018-11-04T13:00Z",
    ["2018-11-04T03:00Z", "2018-11-05T02:00Z"],
  ],
  [
    "a day that never was",
    "day",
    "Pacific/Apia",
    "2011-12-29T12:00Z",
    "2011-12-30T12:00Z",
    ["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"],
  ],
  [
    "hours of a half-hour zone",
    "hour",
    "Asia/Kolkata",
    "2026-01-01T00:00Z",
    "2026-01-01T01:00Z",
    ["2025-12-31T23:30Z", "2026-01-01T00:30Z", "2026-01-01T01:30Z"],
  ],
  ["a week begins on Monday", "week", "utc", "2026-01-01T00:00Z", "2026-01-02T00:00Z", ["2025-12-29T00:00Z", "2026-01-05T00:00Z"]],
  [
    "a range that ends where a bucket does",
    "month",
    "utc",
    "2026-01-01T00:00Z",
    "2026-02-01T00:00Z",
    ["2026-01-01T00:00Z", "2026-02-01T00:00Z"],
  ],
] as const)("%s", async (_, grain, zone, from, to, wanted) => {
  const found = await edges(grain, zone, Date.parse(from), Date.parse(to));
  expect(found.map((edge) => new Date(edge * 1_000).toISOString().slice(0, 16) + "Z")).toEqual(wanted);
});

test.each([
  [2 * 3_600_000, 60],
  [24 * 3_600_000, 900],
  [7 * DAY, 3_600],
  [30 * DAY, DAY / 1_000],
  [500 * DAY, (7 * DAY) / 1_000],
  [2_000 * DAY, (31 * DAY) / 1_000],
])("auto draws %i ms in buckets of %i s", async (length, seconds) => {
  const from = Date.UTC(2025, 11, 1);
  const [first = 0, second = 0] = await edges("auto", "utc", from, from + length);
  expect(second - first).toBe(seconds);
});

test("buckets are at least the table's, and never cut one in two", async () => {
  const from = Date.UTC(2026, 0, 1);
  expect(await edges("minute", "Asia/Kolkata", from, from + 7_200_000, 3_600)).toEqual(
    [0, 1, 2].map((hour) => from / 1_000 + hour * 3_600),
  );
  await expect(edges("day", "Asia/Kolkata", from, from + DAY, 3_600)).rejects.toMatchObject({
    serverText: expect.stringContaining("choose UTC"),
  });
});

test("every grain of the variable is known, and no other", async () => {
  const from = Date.UTC(2026, 0, 1);
  for (const grain of DASHBOARD_GRAINS) expect((await edges(grain, "utc", from, from + 3_600_000)).length).toBeGreaterThan(1);
  await expect(edges("fortnight", "utc", from, from + DAY)).rejects.toMatchObject({ serverText: expect.stringContaining("coarser grain") });
});
