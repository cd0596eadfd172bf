import { expect, describe, test } from "vitest";
import { rollupTable } from "../clickhouse/index.ts";
import { candles, funnel, movers, retention, trend } from "../queries/index.ts";
import { dashboardBench, seconds, sqlOf, views, type Row } from "./dashboard-bench.test-support.ts";
import { dashboardsOf, dataPanels, type PanelJson } from "./dashboard-json.test-support.ts";
import { autumn, commitTo, EVENTS } from "./sample-data.test-support.ts";

const { clickhouse, dashboards, project, run } = dashboardBench();

const named = ({ country }: Readonly<Record<string, string | number | boolean | null>>, other?: boolean): string =>
  other === true ? "(other)" : String(country ?? "(none)");

const panelOf = (title: string, type = "timeseries"): PanelJson =>
  dashboards.flatMap(dataPanels).find((panel) => panel.title === title && panel.type === type)!;

/** Rows in an order that does not matter. */
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

const startOf = ({ time }: Row): number => seconds(time);

/** What the overview shows: each number, what moved, and a few of the trends, which read the same rows. */
const overview = (): Promise<unknown[]> =>
  Promise.all(
    dataPanels(dashboards[0]!)
      .filter(({ title, type }) => type !== "timeseries" || /^(Orders by|Basket|All)/.test(title))
      .map(async (panel) => (await run(sqlOf(panel), views["days in Berlin"])).rows),
  );

const key = ({ time, series }: Row): string => `${new Date(seconds(time) * 1_000).toISOString()} ${String(series)}`;

describe("numbers", () => {
  const berlin = views["days in Berlin"];
  const period = { from: new Date(berlin.from), to: new Date(berlin.to) };

  test("days are the days of the zone, 25 hours long where the clock goes back", async () => {
    const { rows } = await run(sqlOf(panelOf("All revenue")), berlin);
    const truth = await clickhouse.rows<{ day: string; revenue: number }>({
      name: "Count by hand",
      sql: "SELECT toDate(time, 'Europe/Berlin') AS day, sum(toDecimal64(toString(data.amount), 2)) AS revenue FROM events GROUP BY day ORDER BY day",
    });
    expect(rows).toHaveLength(40);
    expect(rows.map((row) => Number(row["all_revenue"]).toFixed(2))).toEqual(truth.map(({ revenue }) => revenue.toFixed(2)));
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
    expect(drawn.map((row) => [key(row), row["Value"] === null ? null : Number(row["Value"])])).toEqual(
      drawn.map((row) => [key(row), wanted.get(key(row))]),
    );
  });

  test("groups beyond the first ten are put together, null has a name, and nothing is lost", async () => {
    const { rows } = await run(sqlOf(panelOf("Orders by country")), berlin);
    const names = [...new Set(rows.map(({ series }) => series))];
    expect(names).toHaveLength(11);
    expect(names).toEqual(expect.arrayContaining(["(none)", "(other)"]));
    expect(rows.reduce((total, { Value }) => total + Number(Value), 0)).toBe(EVENTS);
  });

  test("panels of the project's own draw what the commands answer", async () => {
    const ask = { ...period, grain: "day" };
    const top = await trend(clickhouse, project, { ...ask, metric: "basket", groupBy: ["country"], top: 3 });
    const drawnOf = async (title: string): Promise<unknown[]> =>
      (await run(sqlOf(panelOf(title)), berlin)).rows
        .map((row) => [key(row), row["Value"] === null ? null : Number(row["Value"])])
        .map((row) => JSON.stringify(row))
        .toSorted();
    const wantedOf = ({ rows }: typeof top): unknown[] =>
      rows
        .map(({ group, other, start, values }) => [`${start.toISOString()} ${named(group, other)}`, values["value"]])
        .map((row) => JSON.stringify(row))
        .toSorted();
    expect(await drawnOf("Baskets of the largest")).toEqual(wantedOf(top));
    const ratio = await trend(clickhouse, project, { ...ask, metric: "orders_a_buyer", groupBy: ["country"] });
    expect(await drawnOf("Orders a buyer by country")).toEqual(wantedOf(ratio));
    const one = await trend(clickhouse, project, { ...ask, metric: "orders", filter: { country: ["C1", "C$2'"] } });
    const shown = (await run(sqlOf(panelOf("Orders of one")), berlin)).rows.map((row) => Number(row["orders"]));
    expect(shown).toEqual(one.rows.map(({ values }) => values["value"]));
    expect(shown.some((value) => value > 0)).toBe(true);
  });

  test("drift is that of the training set chosen, as it was measured last for each range", async () => {
    const lastOf = async (title: string): Promise<unknown> => (await run(sqlOf(panelOf(title, "stat")), berlin)).rows[0]?.["value"];
    expect(await Promise.all(["Drifted features", "Highest PSI", "Rows compared"].map(lastOf))).toEqual(["2", 0.6, "100"]);
    expect((await run(sqlOf(panelOf("Features", "table")), berlin)).rows.map(({ feature, psi }) => [feature, psi])).toEqual([
      ["coupon", 0.6],
      ["orders_7d", 0.3],
    ]);
    const drawn = async (title: string): Promise<unknown[]> =>
      (await run(sqlOf(panelOf(title)), berlin)).rows
        .filter((row) => row["Value"] !== null)
        .map((row) => [key(row).slice(5, 10), row["series"], row["Value"]]);
    expect(await drawn("Drift (PSI)")).toEqual([
      ["10-02", "coupon", 0.2],
      ["10-02", "orders_7d", 0.1],
      ["10-14", "coupon", 0.6],
      ["10-14", "orders_7d", 0.3],
    ]);
    expect(await drawn("Mean against the training set")).toEqual([
      ["10-02", "orders_7d", 1.5],
      ["10-14", "orders_7d", 1.5],
    ]);
    expect((await drawn("Shares of the bins")).slice(0, 3)).toEqual([
      ["10-02", "01  c1", 0.2],
      ["10-02", "02  (others)", 0.6],
      ["10-02", "03  (null)", 0.2],
    ]);
    expect((await run(sqlOf(panelOf("Before and now", "table")), berlin)).rows[0]).toEqual({ bin: "c1", before: 0.5, now: 0.2 });
    const nobody = { ...berlin, trainingSet: "" };
    expect((await run(sqlOf(panelOf("Drifted features", "stat")), nobody)).rows).toEqual([{ value: null }]);
  });

  test("a metric is explored by any dimension, any of its values, and in any zone, as the trend command answers", async () => {
    const panel = dashboards
      .filter(({ title }) => title.endsWith(": explore basket"))
      .flatMap(dataPanels)
      .find(({ type }) => type === "timeseries");
    const answer = await trend(clickhouse, project, {
      ...period,
      metric: "basket",
      grain: "week",
      timezone: "Asia/Kolkata",
      groupBy: ["country"],
      filter: { country: ["C1", "C2", "C3"] },
    });
    const chosen = { ...berlin, grain: "week", zoneOfGrid: "Asia/Kolkata", filter: ["country=C1", "country=C2", "country=C3"] };
    const { rows } = await run(sqlOf(panel!), chosen);
    expect(sorted(rows.map((row) => [key(row), row["Value"] ?? row["Value (not final)"]]))).toEqual(
      sorted(answer.rows.map(({ group, start, values }) => [`${start.toISOString()} ${named(group)}`, values["value"]])),
    );
    expect(rows.length).toBeGreaterThan(15);
    const whole = await trend(clickhouse, project, { ...period, metric: "basket", grain: "day" });
    const ungrouped = await run(sqlOf(panel!), { ...berlin, dimension: "(nothing)" });
    expect(ungrouped.rows.map((row) => [row["series"], row["Value"]])).toEqual(whole.rows.map(({ values }) => ["basket", values["value"]]));
  });

  test("an empty bucket is 0 for a count and null for a mean", async () => {
    const gap = { ...berlin, from: Date.parse("2024-12-31T23:00:00Z"), to: Date.parse("2025-01-02T23:00:00Z") };
    expect((await run(sqlOf(panelOf("All revenue")), gap)).rows.map((row) => row["all_revenue"])).toEqual([0, 0]);
    expect((await run(sqlOf(panelOf("Smallest")), gap)).rows.map(({ smallest }) => smallest)).toEqual([null, null]);
  });

  test("the newest message and batch are told apart, and what nobody knows is not 0", async () => {
    const stat = async (title: string, view = berlin): Promise<unknown> =>
      (await run(sqlOf(panelOf(title, "stat")), view)).rows[0]?.["value"];
    const { rows } = await run(sqlOf(panelOf("Lanes", "table")), berlin);
    expect(rows.map(({ stream, committed_seq, refill, delay }) => [stream, committed_seq, refill, delay])).toEqual([
      ["SHOP", "801", 0, 3_600],
      ["it's", "300", 1, 2],
    ]);
    const age = (Date.now() - autumn.to) / 1_000 - 7_200;
    expect(Math.abs(Number(await stat("Newest message")) - age)).toBeLessThan(60);
    expect([await stat("Newest delay"), await stat("Delay (p95)")]).toEqual([2, 7]);
    await clickhouse.command({
      name: "Insert a batch of missing sequences",
      sql: `INSERT INTO ingest_ledger (stream, epoch, first, last, missing, inserted_at) SELECT 'SHOP', 1, 802, 900, 99, fromUnixTimestamp64Milli(${autumn.to + 4 * 3_600_000})`,
    });
    expect(Math.abs(Number(await stat("Newest message")) - age)).toBeLessThan(60);
    const [shop] = (await run(sqlOf(panelOf("Lanes", "table")), berlin)).rows;
    expect(shop).toMatchObject({ committed_seq: "900", stored_until: null, age: null, delay: null });
    const idle = { ...berlin, from: autumn.to + 3.5 * 3_600_000, to: autumn.to + 5 * 3_600_000 };
    expect([await stat("Newest delay", idle), await stat("Delay (p95)", idle)]).toEqual([null, null]);
    const other = dashboardsOf({ ...project, streams: [...project.streams, { name: "NEW", subjects: ["new.>"] }] })
      .filter(({ title }) => title.endsWith("pipeline health"))
      .flatMap(dataPanels)
      .find(({ title }) => title === "Newest message");
    expect((await run(sqlOf(other!), berlin)).rows).toEqual([{ value: null }]);
  });

  test("what is not final has a column of its own: not over, not ingested or within the lateness, as the trend command says", async () => {
    const now = Date.now();
    const from = now - 5 * 3_600_000;
    const view = { ...berlin, from, to: now + 3_600_000, grain: "15 minutes", zone: "utc" };
    /** The states of the buckets, but for the minute around a border that moves while the test runs. */
    const drawn = async (known: number): Promise<unknown[]> => {
      const { rows } = await run(sqlOf(panelOf("All revenue")), view);
      const answer = await trend(clickhouse, project, {
        metric: "all_revenue",
        from: new Date(from),
        to: new Date(now + 3_600_000),
        grain: "15 minutes",
        timezone: "UTC",
      });
      expect(rows.map(startOf)).toEqual(answer.rows.map(({ start }) => start.getTime() / 1_000));
      return answer.rows.flatMap(({ start, end, state }, index) => {
        const borders = [start.getTime() - now, end.getTime() - known, end.getTime() + 3_600_000 - known];
        if (borders.some((distance) => Math.abs(distance) < 60_000)) return [];
        const [final, notFinal] = [rows[index]!["all_revenue"], rows[index]!["all_revenue (not final)"]];
        expect([final, notFinal]).toEqual([state === "final" ? 0 : null, state !== "final" && start.getTime() < now ? 0 : null]);
        return [state];
      });
    };
    // The worker has been down since autumn: whatever came since is in JetStream alone.
    expect(new Set(await drawn(autumn.to + 2 * 3_600_000))).toEqual(new Set(["open"]));
    await commitTo(clickhouse, { last: 1_000, storedTo: now });
    expect(new Set(await drawn(now))).toEqual(new Set(["final", "provisional", "open"]));
    await commitTo(clickhouse, { last: 1_001, storedTo: now - 2 * 3_600_000, epoch: 2 });
    expect(new Set(await drawn(now - 2 * 3_600_000))).toEqual(new Set(["final", "provisional", "open"]));
  });

  test("a rollup that lacks history, or is no longer fed, is not shown as whole: the panel shows the raw events", async () => {
    const whole = await overview();
    const rollups = project.metrics.map((metric) => ({ metric: metric.name, ...rollupTable(metric) }));
    const declare = async (complete: boolean): Promise<void> => {
      for (const { metric, name } of rollups) {
        await clickhouse.command({
          name: "Declare",
          sql: `INSERT INTO rollup_versions SELECT '${metric}', '${name}', ${complete}, now64(6, 'UTC')`,
        });
      }
    };
    for (const { name } of rollups)
      await clickhouse.command({ name: "Lose", sql: `ALTER TABLE ${name} DELETE WHERE bucket < '2025-10-15' SETTINGS mutations_sync = 2` });
    expect(await overview()).not.toEqual(whole);
    await declare(false);
    expect(await overview()).toEqual(whole);
    await declare(true);
    expect(await overview()).not.toEqual(whole);
    for (const { viewName } of rollups) await clickhouse.command({ name: "Drop", sql: `DROP VIEW ${viewName} SYNC` });
    expect(await overview()).toEqual(whole);
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

  // By now the ledger holds all events of the sample: what the commands count.
  test("numbers over the range, and their changes, are the commands'", async () => {
    // Twenty days after twenty days: both periods hold events.
    const late = { ...berlin, from: berlin.to - 20 * 86_400_000 };
    const ask = { from: new Date(late.from), to: new Date(late.to), timezone: "UTC" };
    const moved = await movers(clickhouse, project, { ...ask, metric: "orders", groupBy: ["country"], limit: 20 });
    const rows = (await run(sqlOf(panelOf("Orders: what moved, by country", "table")), late)).rows;
    expect(
      rows
        .map(({ country, orders, before, difference }) => [country, Number(orders), before, difference])
        .map((row) => JSON.stringify(row))
        .toSorted(),
    ).toEqual(
      moved.movers
        .map(({ before, difference, group, now }) => [group["country"] ?? "(none)", now, before, difference])
        .map((row) => JSON.stringify(row))
        .toSorted(),
    );
    const top = (await run(sqlOf(panelOf("Top movers", "table")), late)).rows.filter(({ metric }) => metric === "orders");
    expect(top.map(({ before, difference, group, now }) => [group, now, before, difference])).toEqual(
      moved.movers
        .filter(({ difference }) => difference !== 0)
        .slice(0, 3)
        .map(({ before, difference, group, now }) => [`country: ${group["country"] ?? "(none)"}`, now, before, difference]),
    );
    const gifts = await trend(clickhouse, project, {
      ...ask,
      metric: "orders",
      filter: { gift: true },
      grain: "hour",
      compare: "previous",
    });
    const [stat] = (await run(sqlOf(panelOf("Gifts", "stat")), late)).rows;
    expect([Number(stat?.["orders"]), stat?.["before"]]).toEqual([
      gifts.totals[0]?.values["value"],
      gifts.totals[0]?.compared?.values["value"],
    ]);
    expect(stat?.["before"]).toBeGreaterThan(0);
  });

  test("candles are the command's, of the instrument that is chosen", async () => {
    const answer = await candles(clickhouse, project, {
      ...period,
      event: "order.placed",
      price: "amount",
      size: "items",
      by: "coupon",
      only: ["c3"],
      grain: "day",
    });
    const { rows } = await run(sqlOf(panelOf("Amounts", "candlestick")), { ...berlin, instrument: "c3" });
    expect(rows.map((row) => [startOf(row) * 1_000, row["open"], row["high"], row["low"], row["close"], row["volume"]])).toEqual(
      answer.candles.map(({ close, high, low, open, start, volume }) => [start.getTime(), open, high, low, close, volume]),
    );
    for (const [index, { vwap }] of answer.candles.entries()) expect(Number(rows[index]!["vwap"])).toBeCloseTo(vwap!, 10);
    expect(rows).toHaveLength(40);
  });

  test("funnel and retention are the commands'", async () => {
    const steps = [
      { event: "order.placed", where: { gift: true } },
      "order.placed",
      { event: "order.placed", where: { amount: { gt: 500 } } },
    ];
    const answer = await funnel(clickhouse, project, { ...period, steps, window: "30d" });
    const drawn = (await run(sqlOf(panelOf("From order.placed to order.placed", "table")), berlin)).rows;
    expect(drawn.map(({ entities, event, median_seconds, of_first }) => [event, Number(entities), of_first, median_seconds])).toEqual(
      answer.groups[0]?.steps.map(({ entities, event, fromPrevious, ofFirst }) => [event, entities, ofFirst, fromPrevious?.median ?? null]),
    );
    expect(Number(drawn[2]?.["entities"])).toBeGreaterThan(100);
    const back = await retention(clickhouse, project, {
      ...period,
      first: { event: "order.placed", where: { gift: true } },
      returning: "order.placed",
      period: "week",
    });
    const cohorts = (await run(sqlOf(panelOf("Who comes back with order.placed, by week", "table")), berlin)).rows;
    expect(cohorts.map((row) => [seconds(row["cohort"]) * 1_000, Number(row["size"]), row["+0"], row["+1"]])).toEqual(
      back.cohorts.map(({ returned, size, start }) => {
        const share = (later: number): number | null =>
          returned[later] === undefined || size === 0 ? null : (returned[later] ?? 0) / size;
        return [start.getTime(), size, share(0), share(1)];
      }),
    );
  });
});

test("every rollup that a panel names exists", () => {
  const names = project.metrics.map((metric) => rollupTable(metric).name);
  const sql = JSON.stringify(dashboards);
  for (const name of names) expect(sql).toContain(name);
});
