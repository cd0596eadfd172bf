import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { z } from "zod";
import { BASE_TABLES, connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import {
  avg,
  count,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  first,
  last,
  max,
  min,
  stddev,
  sum,
  uniq,
  variance,
} from "../../model/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { buildTrainingSet, type TrainingSetRequest } from "./build-training-set.ts";

/** 2026-01-01T00:00:00Z in microseconds. */
export const START = 1_767_225_600_000_000;
/** Microseconds of a millisecond. */
export const MS = 1_000;

/** A payment, of whatever the tests need. */
export const paid = defineEvent({
  type: "paid",
  data: z.object({ amount: z.number().nullish(), gift: z.boolean().optional(), shop: z.object({ id: z.int() }).optional() }),
});
/** A page that was looked at. */
export const seen = defineEvent({ type: "seen", data: z.object({ page: z.string().optional() }) });
/** How many payments. */
export const payments = defineMetric({ name: "payments", event: paid, measure: count() });
/** What was paid. */
export const revenue = defineMetric({ name: "revenue", event: paid, measure: sum("amount") });
const mean = defineMetric({ name: "mean", event: paid, measure: avg("amount") });
/** How far payments lie apart, and the same squared. */
export const spread = defineMetric({ name: "spread", event: paid, measure: stddev("amount") });
export const squared = defineMetric({ name: "squared", event: paid, measure: variance("amount") });
/** The least payment. */
export const least = defineMetric({ name: "least", event: paid, measure: min("amount") });
/** The greatest payment. */
export const most = defineMetric({ name: "most", event: paid, measure: max("amount") });
const latest = defineMetric({ name: "latest", event: paid, measure: last("amount") });
const page = defineMetric({ name: "page", event: seen, measure: last("page") });
const earliest = defineMetric({ name: "earliest", event: paid, measure: first("amount") });
const shops = defineMetric({ name: "shops", event: paid, measure: uniq("shop.id") });
const amounts = defineMetric({ name: "amounts", event: paid, measure: uniq("amount", { exact: true }) });
const pages = defineMetric({ name: "pages", event: seen, measure: uniq("page") });
const views = defineMetric({ name: "views", event: seen, measure: count() });

/** A project with every measure that a feature can be, over two types of events, with windows that end at T and before it. */
export const project = defineProject({
  name: "features_test",
  streams: [{ name: "S", subjects: ["s.>"] }],
  events: [paid, seen],
  metrics: [payments, revenue, mean, spread, squared, least, most, latest, page, views, earliest, shops, amounts, pages],
  features: [
    defineFeatures({
      name: "buyer",
      entity: "subject",
      features: {
        count_10ms: { metric: payments, window: "10ms" },
        count_10ms_late: { metric: payments, window: "10ms", delay: "5ms" },
        sum_20ms: { metric: revenue, window: "20ms" },
        avg_20ms: { metric: mean, window: "20ms", delay: "1ms" },
        min_1d: { metric: least, window: "1d" },
        max_10ms: { metric: most, window: "10ms", delay: "10ms" },
        last_20ms: { metric: latest, window: "20ms" },
        page_10ms: { metric: page, window: "10ms" },
        first_20ms: { metric: earliest, window: "20ms", delay: "1ms" },
        shops_20ms: { metric: shops, window: "20ms" },
        amounts_10ms: { metric: amounts, window: "10ms", delay: "2ms" },
        pages_20ms: { metric: pages, window: "20ms" },
        views_1000000d: { metric: views, window: "1000000d" },
      },
    }),
    defineFeatures({
      name: "shop",
      entity: "shop.id",
      features: { count_20ms: { metric: payments, window: "20ms" }, max_20ms: { metric: most, window: "20ms", delay: "2ms" } },
    }),
    defineFeatures({ name: "counts", entity: "subject", features: { count_10ms: { metric: payments, window: "10ms" } } }),
  ],
});

/** A database with the base tables and a folder for files, gone after `close`. */
export async function testBench(url: string): Promise<TestBench> {
  const database = `features_${randomBytes(6).toString("hex")}`;
  const admin = connectClickHouse({ url, database: "default" });
  await admin.command({ name: "Create", sql: `CREATE DATABASE ${database}` });
  const clickhouse = connectClickHouse({ url, database });
  for (const { create } of BASE_TABLES) await clickhouse.command({ name: "Create", sql: create });
  const folder = await mkdtemp(join(tmpdir(), "hydrograph-features-"));
  return {
    clickhouse,
    folder,
    async close() {
      await clickhouse.close();
      await admin.command({ name: "Drop", sql: `DROP DATABASE ${database} SYNC` });
      await admin.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Where a test file works. */
export interface TestBench {
  readonly clickhouse: ClickHouse;
  readonly folder: string;
  close(): Promise<void>;
}

/** Takes all events away, and what the ledger says of them. */
export async function emptyTables({ clickhouse }: TestBench): Promise<void> {
  await clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE events" });
  await clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE ingest_ledger" });
}

let lastSeq = 0;

/** An event of the log, one sequence after the one made before: a payment of 1 by "a", known when it happened, unless `rest` says otherwise. */
export function eventAt(time: number, rest: Partial<OracleEvent> = {}): OracleEvent {
  lastSeq++;
  const place = { stream: "S", epoch: 1, seq: lastSeq, idx: 0, id: String(lastSeq) };
  return { type: "paid", time, known_at: time, ...place, source: "/test", subject: "a", data: { amount: 1 }, ...rest };
}

/**
 * Adds events, and the ledger rows that commit them.
 * @param stored when JetStream stored them, microseconds since 1970: all at once, or each when it was known
 */
export async function addEvents(
  clickhouse: ClickHouse,
  events: readonly OracleEvent[],
  stored: number | "stored as known" = START,
): Promise<void> {
  const storedAt = (known: number): string => iso(stored === "stored as known" ? known : stored);
  const rows = events.map(({ time, known_at, ...rest }) => ({
    ...rest,
    stored_at: storedAt(known_at),
    known_at: iso(known_at),
    time: iso(time),
  }));
  await insertJson(clickhouse, "events", rows);
  const ledger = events.map(({ stream, epoch, seq, known_at }) => {
    const [stored_from, stored_to] = [storedAt(known_at), storedAt(known_at)];
    return { stream, epoch, generation: 0, first: seq, last: seq, received: 1, stored_from, stored_to };
  });
  await insertJson(clickhouse, "ingest_ledger", ledger);
}

async function insertJson(clickhouse: ClickHouse, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  if (rows.length === 0) return;
  await clickhouse.insert({
    table,
    columns: Object.keys(rows[0] ?? {}),
    format: "JSONEachRow",
    body: Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n")),
    token: randomBytes(8).toString("hex"),
    settings: { date_time_input_format: "best_effort" },
  });
}

/** RFC 3339 in UTC with six digits. */
export function iso(micros: number): string {
  const ms = Math.floor(micros / MS);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * MS).padStart(3, "0")}Z`;
}

/** Builds an Arrow file and reads it with apache-arrow: rows as objects, 64-bit integers as numbers. */
export async function build(
  { clickhouse, folder }: TestBench,
  request: Omit<TrainingSetRequest, "out" | "features"> & Partial<Pick<TrainingSetRequest, "features">>,
  of = project,
): Promise<Record<string, unknown>[]> {
  const out = join(folder, `${randomBytes(6).toString("hex")}.arrow`);
  await buildTrainingSet(clickhouse, of, { features: "buyer", ...request, out });
  return tableFromIPC(await readFile(out))
    .toArray()
    .map((row) => mapValues(row.toJSON() as Record<string, unknown>));
}

function mapValues(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]));
}
