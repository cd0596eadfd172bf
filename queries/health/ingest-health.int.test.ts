import { beforeAll, describe, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { defineProject } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { ingestHealth } from "./ingest-health.ts";

const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [] });
const held = useDatabase();
const now = new Date("2026-03-01T13:00:00Z");

/** A batch that was stored at 12:mm:00 and in so many seconds later. */
interface Row {
  readonly stream?: string;
  readonly first: number;
  readonly last: number;
  readonly minute: number;
  readonly delay?: number;
  readonly deadLettered?: number;
  readonly duplicates?: number;
  readonly received?: number;
}

async function commit(row: Row): Promise<void> {
  const { deadLettered = 0, delay = 2, duplicates = 0, first, last, minute, stream = "SHOP" } = row;
  const received = row.received ?? last - first + 1;
  const inserted = row.received === undefined ? received - deadLettered - duplicates : 0;
  const stored = `toDateTime64('2026-03-01 12:${String(minute).padStart(2, "0")}:00', 6, 'UTC')`;
  await held.clickhouse.command({
    name: "Insert a ledger row",
    sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, inserted, dead_lettered, duplicates, missing, event_rows, bytes, stored_to, inserted_at)
      SELECT {stream:String}, 1, 1, {first:UInt64}, {last:UInt64}, {received:UInt64}, {inserted:UInt64}, {dead:UInt64}, {duplicates:UInt64}, {missing:UInt64}, {inserted:UInt64}, 100,
        ${stored}, ${stored} + toIntervalSecond({delay:UInt32})`,
    params: { stream, first, last, received, inserted, dead: deadLettered, duplicates, delay, missing: last - first + 1 - received },
  });
}

describe("what the ledger tells", () => {
  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
    await commit({ first: 1, last: 10, minute: 5 });
    await commit({ first: 11, last: 20, minute: 5, delay: 9, deadLettered: 2, duplicates: 1 });
    await commit({ stream: "OTHER", first: 1, last: 5, minute: 5 });
    await commit({ first: 21, last: 25, minute: 40, received: 0 });
  });

  it("is in every bucket of the range, each batch where it was committed", async () => {
    const health = await ingestHealth(held.clickhouse, project, { from: "2026-03-01T12:00", to: "2026-03-01T13:00", now });
    expect([health.bucketSeconds, health.buckets.length]).toEqual([30, 120]);
    expect(health.buckets.map(({ start }) => start)).toEqual(health.buckets.map((_, index) => health.from + index * 30_000_000));
    const busy = health.buckets.filter(({ batches }) => batches > 0);
    expect(busy).toEqual([
      {
        start: Date.UTC(2026, 2, 1, 12, 5) * 1_000,
        batches: 3,
        received: 25,
        inserted: 22,
        deadLettered: 2,
        duplicates: 1,
        missing: 0,
        eventRows: 22,
        bytes: 300,
        slowestSeconds: 9,
      },
      {
        start: Date.UTC(2026, 2, 1, 12, 40) * 1_000,
        batches: 1,
        received: 0,
        inserted: 0,
        deadLettered: 0,
        duplicates: 0,
        missing: 5,
        eventRows: 0,
        bytes: 100,
        slowestSeconds: null,
      },
    ]);
    expect(health.totals).toEqual({
      batches: 4,
      received: 25,
      inserted: 22,
      deadLettered: 2,
      duplicates: 1,
      missing: 5,
      eventRows: 22,
      bytes: 400,
    });
    expect(health.faults).toBe(0);
  });

  it("leaves out what was committed before or after, in words or dates", async () => {
    expect((await ingestHealth(held.clickhouse, project, { range: "30 minutes", now })).totals).toMatchObject({ batches: 1, missing: 5 });
    expect(
      (await ingestHealth(held.clickhouse, project, { from: "2026-03-01T12:05:02", to: "2026-03-01T12:05:09", now })).totals.batches,
    ).toBe(2);
  });

  it("counts a gap and counts that do not add up as faults", async () => {
    await commit({ first: 27, last: 30, minute: 50 });
    await commit({ first: 31, last: 40, minute: 51, received: 10 });
    expect((await ingestHealth(held.clickhouse, project, { range: "30 minutes", now })).faults).toBe(2);
  });

  it("refuses a range that is none", async () => {
    await expect(ingestHealth(held.clickhouse, project, { from: "2026-03-02", to: "2026-03-01", now })).rejects.toThrow(
      /"to" must lie after "from"/,
    );
  });
});
