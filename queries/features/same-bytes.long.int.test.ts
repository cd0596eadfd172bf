import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { addEvents, eventAt, iso, MS, project, START, testBench } from "./training.test-support.ts";

/** More rows than fit one block or row group. */
const rows = Array.from(
  { length: 70_000 },
  (_, index) => `c${(index * 7919) % 101},${iso(START + (index % 1_000) * MS)},${index % 3 === 0}`,
);

/** Payments by 100 customers over the second that the labels lie in. */
function eventsOf(id: string, count: number): ReturnType<typeof eventAt>[] {
  return Array.from({ length: count }, (_, index) => {
    const data = { amount: ((index * 7919) % 10_000) / 100 + 0.1 };
    return eventAt(START + ((index * 104_729) % 1_000) * MS, { id: `${id}-${index}`, subject: `c${index % 100}`, data });
  });
}

/** The same database, with so many threads where the build leaves the choice to the server. */
function withThreads(clickhouse: ClickHouse, threads: number): ClickHouse {
  return {
    ...clickhouse,
    command: (statement) => clickhouse.command({ ...statement, settings: { max_threads: threads, ...statement.settings } }),
  };
}

test("the same manifest gives the same bytes, in each format, on one thread or four, and after 10,000 late events", async () => {
  const bench = await testBench(inject("clickhouseUrl"));
  const path = join(bench.folder, "labels.csv");
  await writeFile(path, `entity,time,paid\n${rows.join("\n")}\n`);
  const spine = { path };
  await addEvents(bench.clickhouse, eventsOf("early", 3_000));
  const build = async (name: string, threads: number, asOf?: Record<string, { epoch: number; seq: number }>) => {
    const out = join(bench.folder, name);
    const clickhouse = withThreads(bench.clickhouse, threads);
    return (await buildTrainingSet(clickhouse, project, { spine, features: "buyer", out, ...(asOf ? { asOf } : {}) })).manifest;
  };
  const files = ["first.parquet", "first.arrow", "first.csv"];
  const first = new Map<string, Awaited<ReturnType<typeof build>>>();
  for (const file of files) first.set(file, await build(file, 1));
  await addEvents(bench.clickhouse, eventsOf("late", 10_000));
  for (const [file, manifest] of first) expect(await build(file.replace("first", "again"), 4, manifest.asOf)).toEqual(manifest);
  // The late events are no empty threat: without the watermark the bytes are others.
  expect((await build("newer.parquet", 4)).file.sha256).not.toBe(first.get("first.parquet")?.file.sha256);
  await bench.close();
});
