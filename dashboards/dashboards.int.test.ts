import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectClickHouse, rollupTable, type ClickHouse } from "../clickhouse/index.ts";
import { trend } from "../queries/index.ts";
import { applyPlan, migrationPlan } from "../transforms/index.ts";
import { dashboardsOf, dataPanels, type PanelJson } from "./dashboard-json.test-support.ts";
import { expandMacros, type View } from "./expand-macros.test-support.ts";
import { sampleProject } from "./sample-project.test-support.ts";

const project = sampleProject(`dashboards_${randomUUID().slice(0, 8)}`);
const dashboards = dashboardsOf(project);

/** 40 days in Berlin over the end of summer time, 2025-10-26: long past, so every bucket is final. */
const autumn = { from: Date.parse("2025-09-30T22:00:00Z"), to: Date.parse("2025-11-09T23:00:00Z") };
const EVENTS = 20_000;
const views: Readonly<Record<string, View>> = {
  "days in Berlin": { ...autumn, zone: "Europe/Berlin", grain: "day", streams: ["SHOP", "it's"] },
  "weeks in UTC": { ...autumn, zone: "utc", grain: "week", streams: ["SHOP", "it's"] },
  "hours of a cut range": {
    from: autumn.from + 86_400_123,
    to: autumn.from + 4 * 86_400_000 + 7,
    zone: "America/New_York",
    grain: "auto",
    streams: ["SHOP"],
  },
};

type Row = Readonly<Record<string, unknown>>;
let server: ClickHouse;
let clickhouse: ClickHouse;

beforeAll(async () => {
  server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
  clickhouse = server.inDatabase(project.name);
  await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  await fill(clickhouse);
});

afterAll(async () => {
  await server.command({ name: "Drop the test database", sql: `DROP DATABASE IF EXISTS ${project.name}` });
  await Promise.all([server.close(), clickhouse.close()]);
});

/** Runs a query as Grafana's user would: read only. */
async function run(sql: string, view: View): Promise<{ columns: string[]; rows: Row[] }> {
  const stream = await clickhouse.bytes({ name: "Dashboard", sql: expandMacros(sql, view), format: "JSON", settings: { readonly: "2" } });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const { meta, data } = JSON.parse(Buffer.concat(chunks).toString()) as { meta: { name: string }[]; data: Row[] };
  return { columns: meta.map(({ name }) => name), rows: data };
}

const sqlOf = (panel: PanelJson): string => panel.targets?.[0]?.rawSql ?? "";
const panelOf = (title: string, type = "timeseries"): PanelJson =>
  dashboards.flatMap(dataPanels).find((panel) => panel.title === title && panel.type === type)!;
const seconds = (time: unknown): number => Date.parse(`${String(time).replace(" ", "T")}Z`) / 1_000;

describe.each(Object.entries(views))("%s", (_, view) => {
  test.each(
    dashboards.flatMap((dashboard) =>
      dataPanels(dashboard).map((panel) => [dashboard.title.replace(/^.*: /, ""), panel.title, panel] as const),
    ),
  )("%s: %s", async (_dashboard, _title, panel) => {
    const { columns, rows } = await run(sqlOf(panel), view);
    expect(rows.length).toBeGreaterThan(0);
    if (!/_edges/.test(sqlOf(panel))) return;
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
    for (const { templating, annotations } of dashboards) {
      for (const { query } of templating.list)
        if (typeof query !== "string") expect((await run(query.rawSql, view)).rows).toEqual([{ stream: "SHOP" }, { stream: "it's" }]);
      const [sql = ""] = annotations.list.flatMap(({ target }) => (target ? [target.rawSql] : []));
      const { columns, rows } = await run(sql, { ...view, ...autumn });
      expect(columns).toEqual(["time", "title", "text", "tags"]);
      expect(rows.map(({ text }) => text)).toEqual(["SHOP: config c0ffee00", "it's: config decaf000, refill 1"]);
    }
  });
});

describe("numbers", () => {
  const berlin = views["days in Berlin"]!;

  test("days are the days of the zone, 25 hours long where the clock goes back", async () => {
    const { rows } = await run(sqlOf(panelOf("All revenue")), berlin);
    const truth = await clickhouse.rows<{ day: string; revenue: number }>({
      name: "Count by hand",
      sql: "SELECT toDate(time, 'Europe/Berlin') AS day, sum(toDecimal64(toString(data.amount), 2)) AS revenue FROM events GROUP BY day ORDER BY day",
    });
    expect(rows).toHaveLength(40);
    expect(rows.map((row) => Number(row["all_revenue"]).toFixed(2))).toEqual(truth.map(({ revenue }) => Number(revenue).toFixed(2)));
    const starts = rows.map(({ time }) => seconds(time));
    expect(
      starts
        .slice(1)
        .map((start, index) => (start - starts[index]!) / 3_600)
        .filter((hours) => hours !== 24),
    ).toEqual([25]);
  });

  test.each([
    ["Orders by country", "orders", "country"],
    ["Revenue by gift", "revenue", "gift"],
    ["Basket by country", "basket", "country"],
    ["Largest by items", "largest", "items"],
    ["Buyers by country", "buyers", "country"],
  ])("%s draws what the trend command answers", async (title, metric, dimension) => {
    const answer = await trend(clickhouse, project, {
      metric,
      from: new Date(berlin.from),
      to: new Date(berlin.to),
      grain: "day",
      groupBy: [dimension],
    });
    const wanted = new Map(
      answer.rows.map(({ start, group, values }) => [`${start.toISOString()} ${String(group[dimension] ?? "(none)")}`, values["value"]]),
    );
    const drawn = (await run(sqlOf(panelOf(title)), berlin)).rows.filter(({ series }) => series !== "(other)");
    expect(drawn.length).toBeGreaterThan(40);
    for (const { time, series, Value } of drawn) {
      const key = `${new Date(seconds(time) * 1_000).toISOString()} ${String(series)}`;
      expect(Value === null ? null : Number(Value), key).toBe(wanted.get(key));
    }
  });

  test("groups beyond the first ten are put together, null has a name, and nothing is lost", async () => {
    const { rows } = await run(sqlOf(panelOf("Orders by country")), berlin);
    const names = [...new Set(rows.map(({ series }) => series))];
    expect(names).toHaveLength(11);
    expect(names).toEqual(expect.arrayContaining(["(none)", "(other)"]));
    expect(rows.reduce((total, { Value }) => total + Number(Value), 0)).toBe(EVENTS);
  });

  test("an empty bucket is 0 for a count and null for a mean", async () => {
    const gap = { ...berlin, from: Date.parse("2024-12-31T23:00:00Z"), to: Date.parse("2025-01-02T23:00:00Z") };
    expect((await run(sqlOf(panelOf("All revenue")), gap)).rows.map((row) => row["all_revenue"])).toEqual([0, 0]);
    expect((await run(sqlOf(panelOf("Smallest")), gap)).rows.map(({ smallest }) => smallest)).toEqual([null, null]);
  });

  test("what is not final has a column of its own", async () => {
    const now = Date.now();
    const view = { ...berlin, from: now - 3 * 3_600_000, to: now + 3_600_000, grain: "15 minutes", zone: "utc" };
    for (const row of (await run(sqlOf(panelOf("All revenue")), view)).rows) {
      const end = seconds(row["time"]) * 1_000 + 900_000;
      if (end < now - 3_660_000) expect(row).toMatchObject({ all_revenue: 0, "all_revenue (not final)": null });
      else if (end - 900_000 < now) expect(row).toMatchObject({ "all_revenue (not final)": 0, all_revenue: null });
      else if (end - 900_000 > now + 60_000) expect(row).toMatchObject({ "all_revenue (not final)": null, all_revenue: null });
    }
  });

  test("a grid that cuts a rollup's bucket, or is too fine, is a sentence and not a wrong number", async () => {
    const india = { ...berlin, zone: "Asia/Kolkata" };
    await expect(run(sqlOf(panelOf("Hourly items")), india)).rejects.toMatchObject({ serverText: expect.stringContaining("choose UTC") });
    await expect(run(sqlOf(panelOf("All revenue")), { ...berlin, grain: "minute" })).rejects.toMatchObject({
      serverText: expect.stringContaining("choose a coarser grain"),
    });
    expect((await run(sqlOf(panelOf("All revenue")), india)).rows).toHaveLength(41);
  });

  test("the ledger's gap is found, and its messages by outcome add up", async () => {
    expect((await run(sqlOf(panelOf("Ledger faults", "stat")), berlin)).rows).toEqual([{ value: "1" }]);
    expect((await run(sqlOf(panelOf("Ledger faults", "table")), berlin)).rows).toMatchObject([
      { stream: "SHOP", first: "501", fault: "follows 400" },
    ]);
    const { rows } = await run(sqlOf(panelOf("Messages by outcome")), berlin);
    const total = (name: string): number => rows.reduce((sum, row) => sum + Number(row[name]), 0);
    expect([total("inserted"), total("dead_lettered"), total("duplicates"), total("missing")]).toEqual([870, 20, 10, 100]);
  });
});

/** Events over 40 days in 14 countries and none, two streams' ledgers (one with a gap), and dead letters. */
async function fill(to: ClickHouse): Promise<void> {
  await to.command({
    name: "Insert events",
    sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source, subject, version, data, enriched)
SELECT 'SHOP', 1, number + 1, 0, at, at, at, toString(number), 'order.placed', 'test', concat('user-', toString(cityHash64(number) % 500)), 1,
    concat('{"amount": ', toString((cityHash64(number, 1) % 100000) / 100), ', "items": ', toString(number % 5),
        if(number % 15 = 0, '', concat(', "country": "C', toString(number % 15), '"')),
        ', "gift": ', if(number % 3 = 0, 'true', 'false'), ', "coupon": "c', toString(number % 7), '", "series": "s', toString(number % 4), '"}'), '{}'
FROM (SELECT number, fromUnixTimestamp64Milli(${autumn.from} + toInt64(number * ${(autumn.to - autumn.from) / EVENTS}), 'UTC')::DateTime64(6, 'UTC') AS at FROM numbers(${EVENTS}))`,
  });
  const batch = (stream: string, first: number, last: number, rest: string): string => {
    const at = `toDateTime64(${autumn.from / 1_000 + 90_000 + first * 60}, 6, 'UTC')`;
    return `('${stream}', 1, ${first}, ${last}, ${rest}, 100, ${at}, ${at} + 5, repeat('0', 64), repeat('0', 64), 'worker-1', ${at} + 7)`;
  };
  await to.command({
    name: "Insert the ledger",
    sql: `INSERT INTO ingest_ledger (stream, epoch, first, last, generation, code, received, inserted, dead_lettered, duplicates, missing, event_rows, dead_letter_rows, bytes, stored_from, stored_to, digest, chain, worker, inserted_at) VALUES
${[
  batch("SHOP", 1, 400, "0, 'c0ffee00aa', 400, 380, 10, 10, 0, 380, 10"),
  batch("SHOP", 501, 800, "0, 'c0ffee00aa', 200, 200, 0, 0, 100, 200, 0"),
  batch("it\\'s", 1, 300, "1, 'decaf000bb', 300, 290, 10, 0, 0, 290, 10"),
].join(",\n")}`,
  });
  await to.command({
    name: "Insert dead letters",
    sql: `INSERT INTO dead_letters (stream, epoch, seq, idx, stored_at, nats_subject, stage, reason, detail, payload, code)
SELECT 'SHOP', 1, number + 1, 0, toDateTime64(${autumn.from / 1_000 + 100_000} + number * 3600, 6, 'UTC'), 'shop.orders', 'decode', if(number % 2 = 0, 'invalid-json', 'too-deep'), 'It is not JSON.', '{', 'c0ffee00aa' FROM numbers(20)`,
  });
}

test("every rollup that a panel names exists", () => {
  const names = project.metrics.map((metric) => rollupTable(metric).name);
  const sql = JSON.stringify(dashboards);
  for (const name of names) expect(sql).toContain(name);
});
