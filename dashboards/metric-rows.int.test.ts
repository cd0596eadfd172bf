import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { rollupTable } from "../clickhouse/index.ts";
import { useDatabase } from "../clickhouse/database.test-support.ts";
import { count, defineEvent, defineMetric, defineProject, type Project } from "../model/index.ts";
import { applyPlan, migrationPlan } from "../transforms/index.ts";
import { metricRows, type RangeSql } from "./metric-rows.ts";

const held = useDatabase();
const event = defineEvent({ type: "tick", data: z.object({ n: z.int() }) });
const ticks = defineMetric({ name: "ticks", event, measure: count(), coarser: ["1 hour"] });
/** Minutes of two days, each with an event. */
const MINUTES = 2_880;
const START = Date.UTC(2026, 0, 1) / 1_000;

let project: Project;
beforeAll(async () => {
  const { clickhouse } = held;
  project = defineProject({ name: clickhouse.database, streams: [{ name: "S", subjects: ["s.>"] }], events: [event], metrics: [ticks] });
  await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  await clickhouse.command({
    name: "Fill",
    sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source, subject, version, data)
SELECT 'S', 1, number + 1, 0, at, at, fromUnixTimestamp64Micro(toInt64((${START} + number * 60) * 1000000), 'UTC') AS at, toString(number), 'tick', '/', 's', 1, '{"n":1}' FROM numbers(${MINUTES})`,
  });
});

const moment = (minute: number): string => `toDateTime64(${START + minute * 60}, 0, 'UTC')`;

/** The sum of each stretch between neighbouring cuts, and how many rows gave it. */
async function stretches(range: RangeSql, cuts: readonly number[]): Promise<{ sums: number[]; rows: number }> {
  const edges = cuts.map((cut) => `(bucket >= ${moment(cut)})`).join(" + ");
  const found = await held.clickhouse.rows<{ place: string; sum: string; rows: string }>({
    name: "Stretches",
    sql: `SELECT ${cuts.length === 0 ? "0" : edges} AS place, sum(count) AS sum, count() AS rows FROM ${metricRows(project, ticks, range)} GROUP BY place`,
  });
  const sums = Array.from({ length: cuts.length + 1 }, (_, place) => Number(found.find((row) => Number(row.place) === place)?.sum ?? 0));
  return { sums, rows: found.reduce((all, { rows }) => all + Number(rows), 0) };
}

const minute = fc.integer({ min: -90, max: MINUTES + 90 });
/** Edges of hours are met often. */
const edge = fc.oneof(
  minute,
  minute.map((at) => Math.round(at / 60) * 60),
);

test("rows of hours give what rows of minutes give, wherever the range ends and is cut, and are fewer", async () => {
  await fc.assert(
    fc.asyncProperty(edge, edge, fc.array(edge, { maxLength: 3 }), async (one, other, anywhere) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      const cuts = [...new Set(anywhere)].filter((cut) => cut > from && cut < to).sort((a, b) => a - b);
      const range = { from: moment(from), to: moment(to) };
      const fine = await stretches(range, cuts);
      const coarse = await stretches({ ...range, cuts: { moments: cuts.map(moment) } }, cuts);
      const ends = [from, ...cuts, to].map((at) => Math.min(Math.max(at, 0), MINUTES));
      const wanted = ends.slice(1).map((end, index) => end - (ends[index] ?? 0));
      expect(fine.sums).toEqual(wanted);
      expect(coarse.sums).toEqual(wanted);
      const minutes = wanted.reduce((all, each) => all + each, 0);
      expect(fine.rows).toBe(minutes);
      expect(coarse.rows).toBeLessThanOrEqual(minutes / 60 + (cuts.length + 2) * 60);
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

test("rows of hours are left where the other edges do not fit them, and while they lack history", async () => {
  const range = { from: moment(0), to: moment(MINUTES) };
  const rows = async (fits: string): Promise<number> =>
    (await stretches({ ...range, cuts: { moments: [], fits: (seconds) => `${seconds} ${fits}` } }, [])).rows;
  expect(await rows("= 3600")).toBe(47 + 60);
  expect(await rows("!= 3600")).toBe(MINUTES);
  const { name } = rollupTable({ ...ticks, grain: "1 hour" });
  await held.clickhouse.command({
    name: "Drop the view",
    sql: `DROP VIEW ${name}_view SYNC`,
  });
  expect(await rows("= 3600")).toBe(MINUTES);
});
