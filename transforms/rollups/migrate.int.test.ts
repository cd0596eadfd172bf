import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { BASE_TABLES, connectClickHouse, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { connectJetStream, replayLane } from "../../jetstream/index.ts";
import {
  avg,
  count,
  defineEvent,
  defineMetric,
  defineProject,
  first,
  last,
  max,
  min,
  quantiles,
  sum,
  uniq,
  type Metric,
} from "../../model/index.ts";
import { applyPlan } from "./apply-plan.ts";
import { MigrationError } from "./check-base-table.ts";
import { migrationPlan } from "./migration-plan.ts";

const event = defineEvent({
  type: "order.placed",
  data: z.object({
    amount: z.number(),
    quantity: z.int(),
    country: z.string().optional(),
    gift: z.boolean(),
    rate: z.number(),
    type: z.string(),
    count: z.int(),
    shop: z.object({ city: z.string() }),
  }),
});
const metrics: Metric[] = [
  defineMetric({
    name: "orders",
    event,
    measure: count(),
    dimensions: ["country", "source", "type", "count", "shop.city", "gift", "rate"],
  }),
  defineMetric({ name: "revenue", event, measure: sum("amount", { decimals: 2 }), dimensions: ["country"], unit: "EUR" }),
  defineMetric({ name: "items", event, measure: sum("quantity"), grain: "1 hour" }),
  defineMetric({ name: "basket", event, measure: avg("amount") }),
  defineMetric({ name: "smallest", event, measure: min("amount") }),
  defineMetric({ name: "largest", event, measure: max("amount") }),
  defineMetric({ name: "buyers", event, measure: uniq("subject") }),
  defineMetric({ name: "buyers_exact", event, measure: uniq("subject", { exact: true }) }),
  defineMetric({ name: "spread", event, measure: quantiles("amount", [0.5, 0.95, 0.999]) }),
  defineMetric({ name: "first_city", event, measure: first("shop.city") }),
  defineMetric({ name: "last_amount", event, measure: last("amount") }),
];
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [event], metrics });

const rollupOf = (name: string): string => rollupTable(metrics.find((metric) => metric.name === name)!).name;

async function migrate(clickhouse: ClickHouse, to = project): Promise<void> {
  await applyPlan(await migrationPlan(to, clickhouse), clickhouse);
}

async function publish(clickhouse: ClickHouse, seq: number, data: Record<string, unknown>): Promise<void> {
  await clickhouse.command({
    name: "Insert an event",
    sql: `INSERT INTO events SELECT 'SHOP', 1, {seq:UInt64}, 0, at, at, at, toString({seq:UInt64}), 'order.placed', 'web', 'user-1', 1, {data:String}, '{}'
      FROM (SELECT toDateTime64('2026-03-01 10:00:30', 6, 'UTC') AS at)`,
    params: { seq, data: JSON.stringify(data) },
  });
}

async function versions(clickhouse: ClickHouse): Promise<Record<string, boolean>> {
  const rows = await clickhouse.rows<{ rollup: string; complete: boolean }>({
    name: "Read versions",
    sql: "SELECT rollup, complete FROM rollup_versions FINAL",
  });
  return Object.fromEntries(rows.map(({ rollup, complete }) => [rollup, complete]));
}

describe("migration", () => {
  const database = `migrate_${process.pid}_${Date.now()}`;
  let server: ClickHouse;
  const opened: ClickHouse[] = [];
  const names: string[] = [];

  /** A connection to a database that does not exist yet. */
  function fresh(): ClickHouse {
    const name = `${database}_${names.length}`;
    names.push(name);
    const connection = server.inDatabase(name);
    opened.push(connection);
    return connection;
  }

  beforeAll(() => {
    server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
  });
  afterAll(async () => {
    for (const name of names) await server.command({ name: "Drop", sql: `DROP DATABASE IF EXISTS ${name}` });
    await Promise.all([...opened, server].map((connection) => connection.close()));
  });

  test("makes the database and everything in it, in an order that works, and then has nothing left to do", async () => {
    const clickhouse = fresh();
    const plan = await migrationPlan(project, clickhouse);
    const kinds = plan.steps.map(({ kind }) => kind);
    expect(kinds.slice(0, BASE_TABLES.length + 3)).toEqual([
      "database",
      ...BASE_TABLES.slice(1).map(() => "table"),
      "rollup",
      "view",
      "rollup",
    ]);
    expect(kinds.slice(-metrics.length - 1)).toEqual([...metrics.map(() => "verdict"), "table"]);
    expect(plan.steps.at(-1)?.object).toBe("ingest_ledger");
    const seen: string[] = [];
    await applyPlan(plan, clickhouse, { onStep: (step) => seen.push(step.object) });
    expect(seen).toEqual(plan.steps.map(({ object }) => object));
    expect(await migrationPlan(project, clickhouse)).toEqual({ database: clickhouse.database, steps: [], notes: [] });
    expect(Object.values(await versions(clickhouse))).toEqual(metrics.map(() => true));
    await applyPlan(plan, clickhouse);
    expect(Object.values(await versions(clickhouse))).toEqual(metrics.map(() => true));
  });

  test("gives the schema that is committed", async () => {
    const clickhouse = fresh();
    await migrate(clickhouse);
    const tables = await clickhouse.rows<{ name: string }>({
      name: "List tables",
      sql: "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name",
    });
    const statements: string[] = [];
    for (const { name } of tables) {
      const [row] = await clickhouse.rows<{ statement: string }>({ name: "Show", sql: `SHOW CREATE TABLE ${name}` });
      statements.push(row!.statement.replaceAll(`${clickhouse.database}.`, ""));
    }
    const compared = expect(`${statements.join(";\n\n")};\n`).toMatchFileSnapshot("schema.sql");
    await compared.catch((error: unknown) => {
      const command = "npx vitest run --project int transforms/rollups -u";
      throw new Error(`The schema differs from schema.sql. If that is meant, run \`${command}\` and commit the file.`, { cause: error });
    });
  });

  test("feeds every rollup, and no event makes a view throw", async () => {
    const clickhouse = fresh();
    await migrate(clickhouse);
    const odd = [
      {},
      { amount: "12", quantity: "x", country: 7, gift: "yes", rate: [1], type: { deep: 1 }, count: 1.5, shop: "none" },
      { amount: 1e308, quantity: 9223372036854775807n.toString(), rate: -0, count: null, shop: { city: null } },
      { amount: [1, 2], quantity: { a: 1 }, shop: { city: { name: "x" } } },
      { amount: -1e30, quantity: -1, country: "\u0000'\\", gift: true, rate: 1e-320, type: "", count: 0, shop: { city: "" } },
    ];
    for (const [index, data] of odd.entries()) await publish(clickhouse, index + 1, data);
    const [row] = await clickhouse.rows<{ n: string }>({ name: "Count", sql: `SELECT sum(count) AS n FROM ${rollupOf("orders")}` });
    expect(row?.n).toBe(String(odd.length));
    for (const metric of metrics) {
      const { name, measure } = rollupTable(metric);
      const merged = measure.outputs.map((output) => `toString(${output.merged})`).join(", ");
      const raw = measure.outputs.map((output) => `toString(${output.raw})`).join(", ");
      const [fromRollup] = await clickhouse.rows<{ v: unknown }>({ name: "Merged", sql: `SELECT [${merged}] AS v FROM ${name}` });
      const [fromRaw] = await clickhouse.rows<{ v: unknown }>({ name: "Raw", sql: `SELECT [${raw}] AS v FROM events` });
      expect({ metric: metric.name, ...fromRollup }).toEqual({ metric: metric.name, ...fromRaw });
    }
  });

  test("marks a rollup incomplete that came after its events, and says so", async () => {
    const clickhouse = fresh();
    await migrate(clickhouse, { ...project, metrics: metrics.slice(0, 1) });
    await publish(clickhouse, 1, { amount: 5 });
    await migrate(clickhouse, { ...project, metrics: metrics.slice(0, 2) });
    expect(await versions(clickhouse)).toEqual({ [rollupOf("orders")]: true, [rollupOf("revenue")]: false });
    const { steps, notes } = await migrationPlan({ ...project, metrics: metrics.slice(0, 2) }, clickhouse);
    expect(steps).toEqual([]);
    expect(notes).toEqual([
      `${rollupOf("revenue")} lacks events from before it was made: trends of revenue read the raw events until "hydrograph rebuild revenue" has filled it.`,
    ]);
  });

  test("builds a changed metric beside the former one and keeps both", async () => {
    const clickhouse = fresh();
    await migrate(clickhouse, { ...project, metrics: metrics.slice(0, 2) });
    const changed = defineMetric({ name: "revenue", event, measure: sum("amount", { decimals: 4 }), dimensions: ["country"] });
    const plan = await migrationPlan({ ...project, metrics: [changed] }, clickhouse);
    expect(plan.steps.map(({ kind, reason }) => [kind, reason])[0]).toEqual([
      "rollup",
      `is the changed definition of revenue; ${rollupOf("revenue")} stays beside it`,
    ]);
    expect(plan.notes).toEqual([
      `${rollupOf("orders")} belongs to orders, which the project no longer declares: it is kept and still fed.`,
      `${rollupOf("revenue")} holds a former definition of revenue: it is kept and still fed.`,
    ]);
    await applyPlan(plan, clickhouse);
    expect((await versions(clickhouse))[rollupTable(changed).name]).toBe(true);
    expect((await migrationPlan({ ...project, metrics: [changed] }, clickhouse)).steps).toEqual([]);
  });

  test("takes back a rollup's completeness when its view was gone for a while", async () => {
    const clickhouse = fresh();
    const one = { ...project, metrics: metrics.slice(1, 2) };
    await migrate(clickhouse, one);
    await clickhouse.command({ name: "Drop", sql: `DROP VIEW ${rollupOf("revenue")}_view SYNC` });
    await publish(clickhouse, 1, { amount: 5 });
    const plan = await migrationPlan(one, clickhouse);
    expect(plan.steps.map(({ kind }) => kind)).toEqual(["record", "view", "verdict"]);
    await applyPlan(plan, clickhouse);
    expect(await versions(clickhouse)).toEqual({ [rollupOf("revenue")]: false });
  });

  test("goes on after a stop between table and view", async () => {
    const clickhouse = fresh();
    const plan = await migrationPlan(project, clickhouse);
    await applyPlan({ ...plan, steps: plan.steps.slice(0, BASE_TABLES.length + 1) }, clickhouse);
    const rest = await migrationPlan(project, clickhouse);
    expect(rest.steps.slice(0, 3).map(({ kind }) => kind)).toEqual(["view", "rollup", "view"]);
    await applyPlan(rest, clickhouse);
    expect(Object.values(await versions(clickhouse))).toEqual(metrics.map(() => true));
  });

  test("calls no rollup complete while a batch that may have passed its view by is on its way", async () => {
    const clickhouse = fresh();
    const jetstream = await connectJetStream({ url: inject("natsUrl") });
    const own = { ...project, name: clickhouse.database, limits: { ...project.limits, lease: "5s" } };
    const revenue = { ...own, metrics: metrics.slice(1, 2) };
    const lanes = await jetstream.lanes(own.name);
    const batch = { epoch: 1, generation: 1, committed: 0, owner: "worker", intent: { first: 1, last: 1, fingerprint: "f" } };
    const revision = await lanes.replace("SHOP", { ...batch, beat: 1 }, undefined);
    await migrate(clickhouse, { ...own, metrics: [] });
    const underWay = clickhouse.command({
      name: "Insert slowly",
      sql: `INSERT INTO events SELECT 'SHOP', 1, number + sleepEachRow(0.4), 0, at, at, at, '${own.name}', 'order.placed', 'web', 'user-1', 1, '{}', '{}'
        FROM (SELECT number, toDateTime64('2026-03-01 10:00:30', 6, 'UTC') AS at FROM numbers(5))`,
    });
    const running = `SELECT 1 FROM system.processes WHERE startsWith(query, 'INSERT') AND position(query, '${own.name}') > 0`;
    await expect.poll(() => server.rows({ name: "Look", sql: running })).toHaveLength(1);
    const made: string[] = [];
    const migrated = applyPlan(await migrationPlan(revenue, clickhouse), clickhouse, {
      workers: { project: own, jetstream },
      onStep: ({ kind }) => made.push(kind),
    });
    await underWay;
    // The view stands since before the insert ended, and has not seen it.
    expect(made).toEqual(["rollup", "view"]);
    expect(await clickhouse.rows({ name: "Count", sql: `SELECT 1 FROM ${rollupOf("revenue")}` })).toEqual([]);
    await lanes.replace("SHOP", { ...batch, beat: 2 }, revision);
    await clickhouse.command({ name: "Commit", sql: "INSERT INTO ingest_ledger (stream, epoch, first, last) SELECT 'SHOP', 1, 1, 1" });
    await migrated;
    expect(await versions(clickhouse)).toEqual({ [rollupOf("revenue")]: false });
    await jetstream.close();
  });

  test("takes a batch whose worker has died for abandoned, and trusts a checkpoint without one", async () => {
    const clickhouse = fresh();
    const jetstream = await connectJetStream({ url: inject("natsUrl") });
    const own = { ...project, name: clickhouse.database, metrics: metrics.slice(1, 2), limits: { ...project.limits, lease: "100ms" } };
    const lanes = await jetstream.lanes(own.name);
    const batch = { epoch: 1, generation: 1, committed: 0, intent: { first: 1, last: 1, fingerprint: "f" } };
    await lanes.replace("SHOP", { ...batch, beat: 1 }, undefined);
    await applyPlan(await migrationPlan(own, clickhouse), clickhouse, { workers: { project: own, jetstream } });
    expect(await versions(clickhouse)).toEqual({ [rollupOf("revenue")]: true });
    await jetstream.close();
  });

  test("calls no rollup complete while a replay of dead letters is inserting, and takes one that has died for abandoned", async () => {
    const clickhouse = fresh();
    const jetstream = await connectJetStream({ url: inject("natsUrl") });
    const own = { ...project, name: clickhouse.database, metrics: metrics.slice(1, 2) };
    await migrate(clickhouse, { ...own, metrics: [] });
    const lanes = await jetstream.lanes(own.name);
    const replay = { epoch: 0, generation: 1, committed: 0, intent: { first: 1, last: 9, fingerprint: "token" }, beat: 1 };
    const revision = await lanes.replace(replayLane("SHOP"), replay, undefined);
    const steps: string[] = [];
    const migrated = applyPlan(await migrationPlan(own, clickhouse), clickhouse, {
      workers: { project: own, jetstream },
      onStep: ({ kind }) => steps.push(kind),
    });
    await expect.poll(() => steps).toContain("view");
    // The replay's insert is longer than any look at the checkpoint.
    await sleep(500);
    steps.push("replay is over");
    const { intent: _over, ...idle } = replay;
    const next = await lanes.replace(replayLane("SHOP"), { ...idle, beat: 2 }, revision);
    await migrated;
    expect(steps.slice(-2)).toEqual(["replay is over", "verdict"]);
    expect(await versions(clickhouse)).toEqual({ [rollupOf("revenue")]: true });
    await lanes.replace(replayLane("SHOP"), { ...replay, beat: 3 }, next);
    const impatient = { ...own, metrics: metrics.slice(1, 3), limits: { ...own.limits, lease: "100ms" } } as const;
    await applyPlan(await migrationPlan(impatient, clickhouse), clickhouse, { workers: { project: impatient, jetstream } });
    expect(Object.values(await versions(clickhouse))).toEqual([true, true]);
    await jetstream.close();
  });

  test("leaves the verdict to whoever can ask the workers, once anything is ingested", async () => {
    const clickhouse = fresh();
    const jetstream = await connectJetStream({ url: inject("natsUrl") });
    const own = { ...project, name: clickhouse.database, metrics: metrics.slice(1, 2) };
    await migrate(clickhouse, { ...own, metrics: [] });
    await clickhouse.command({ name: "Commit", sql: "INSERT INTO ingest_ledger (stream, epoch, first, last) SELECT 'SHOP', 1, 1, 1" });
    await migrate(clickhouse, own);
    const rest = await migrationPlan(own, clickhouse);
    expect([rest.steps.map(({ kind }) => kind), await versions(clickhouse)]).toEqual([["verdict"], {}]);
    await applyPlan(rest, clickhouse, { workers: { project: own, jetstream } });
    expect(await versions(clickhouse)).toEqual({ [rollupOf("revenue")]: true });
    await jetstream.close();
  });

  test("a foreign table under one of our names is refused in one sentence and nothing is changed", async () => {
    const clickhouse = fresh();
    await server.command({ name: "Create", sql: `CREATE DATABASE ${clickhouse.database}` });
    await clickhouse.command({ name: "Create", sql: "CREATE TABLE events (stream LowCardinality(String), epoch String) ENGINE = Memory" });
    await expect(migrationPlan(project, clickhouse)).rejects.toThrow(
      new MigrationError(
        `Table ${clickhouse.database}.events has the column "epoch" as String instead of UInt64, so it was not made by this version of hydrograph: rename it, or use another database, and run "hydrograph migrate" again.`,
      ),
    );
  });
});
