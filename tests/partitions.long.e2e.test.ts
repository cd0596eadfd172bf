import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { loadConfig } from "../cli/config/load-config.ts";
import type { ClickHouse } from "../clickhouse/index.ts";
import { dashboardsOf, dataPanels } from "../dashboards/dashboard-json.test-support.ts";
import { expandMacros } from "../dashboards/expand-macros.test-support.ts";
import { databaseOf } from "./support/books.ts";
import { projectWith, uniqueName, type UserProject } from "./support/user-project.ts";

const PARTITIONS = 3;
const DAY = { from: "2026-11-20", to: "2026-11-21" };

interface Answer {
  readonly rows: readonly { readonly start: string; readonly state: string; readonly values: { readonly value: number } }[];
  readonly watermark: Readonly<Record<string, { readonly seq: number }>>;
  readonly sources: readonly { readonly kind: string }[];
}

/** Events `from` to `to` (not included), one a minute, of 20 subjects, worth their number. */
function events(from: number, to: number): string {
  const lines = Array.from({ length: to - from }, (_, offset) => {
    const n = from + offset;
    const time = new Date(Date.parse("2026-11-20T00:00:00Z") + n * 60_000).toISOString();
    const event = { specversion: "1.0", id: `e${n}`, source: "test", type: "counted", subject: `s${n % 20}`, time, data: { n } };
    return `${JSON.stringify(event)}\n`;
  });
  return lines.join("");
}

const patiently = { timeout: 60_000, interval: 200 };
const sumTo = (count: number): number => (count * (count - 1)) / 2;

describe("a stream in partitions", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;
  let clickhouse: ClickHouse;
  let streams: string[];
  let half: Answer;

  beforeAll(async () => {
    const name = uniqueName("parts");
    project = await projectWith(
      name,
      `import { defineEvent, defineMetric, defineProject, sum } from "hydrograph";
       import { z } from "zod";
       const counted = defineEvent({ type: "counted", data: z.object({ n: z.int() }) });
       export default defineProject({
         name: "${name}",
         streams: [{ name: "${name.toUpperCase()}", subjects: ["${name}.>"], partitions: ${PARTITIONS} }],
         events: [counted],
         metrics: [defineMetric({ name: "total", event: counted, measure: sum("n") })],
         limits: { lease: "1s", batchAge: "100ms", batchRows: 40 },
       });`,
      addresses,
    );
    clickhouse = databaseOf(project, addresses);
    streams = Array.from({ length: PARTITIONS }, (_, index) => `${project.stream}-${index}`);
    await writeFile(join(project.folder, "first.ndjson"), events(0, 300));
    await writeFile(join(project.folder, "second.ndjson"), events(300, 600));
    await project.json(["migrate"]);
    await project.json(["publish", "first.ndjson"]);
    await project.json(["ingest", "--until-caught-up"]);
    half = await trend();
    await project.json(["publish", "second.ndjson"]);
    await project.json(["ingest", "--until-caught-up"]);
  });

  afterAll(async () => {
    await clickhouse.close();
    await project.remove();
  });

  function trend(...more: string[]): Promise<Answer> {
    return project.json<Answer>(["trend", "total", "--from", DAY.from, "--to", DAY.to, "--grain", "hour", ...more]);
  }

  async function rowCount(): Promise<number> {
    const [row] = await clickhouse.rows<{ count: string }>({ name: "Rows", sql: "SELECT count() AS count FROM events" });
    return Number(row?.count);
  }

  const total = ({ rows }: Answer): number => rows.reduce((sum, { values }) => sum + values.value, 0);

  it("answers a trend over all partitions, and as of an earlier answer's watermark, which names each", async () => {
    expect(Object.keys(half.watermark)).toStrictEqual(streams);
    expect(Object.values(half.watermark).reduce((sum, { seq }) => sum + seq, 0)).toBe(300);
    expect(total(half)).toBe(sumTo(300));
    const all = await trend();
    expect([total(all), all.sources[0]?.kind]).toStrictEqual([sumTo(600), "rollup"]);
    await writeFile(join(project.folder, "half.json"), JSON.stringify(half));
    const again = await trend("--as-of", "half.json");
    expect(again).toMatchObject({ watermark: half.watermark, sources: [{ kind: "raw" }] });
    expect(again.rows.map(({ start, values }) => [start, values])).toStrictEqual(half.rows.map(({ start, values }) => [start, values]));
    const { stderr } = await project.run(["trend", "total", "--as-of", JSON.stringify({ [project.stream]: { epoch: 1, seq: 1 } })]);
    expect(stderr).toContain(`"asOf" names the stream "${project.stream}", and the project has ${streams.join(", ")}.`);
  });

  it("is drawn whole by its dashboards, partition by partition where they tell of streams", async () => {
    const { project: declared } = await loadConfig(join(project.folder, "hydrograph.config.ts"));
    const view = { from: Date.parse(DAY.from), to: Date.parse(DAY.to), zone: "utc", grain: "hour", streams };
    const rowsOf = (sql: string): Promise<Record<string, unknown>[]> =>
      clickhouse.rows({ name: "Dashboard", sql: expandMacros(sql, view), settings: { readonly: "2" } });
    const dashboards = dashboardsOf(declared);
    const answers = new Map<string, Record<string, unknown>[]>();
    for (const { targets, title, type } of dashboards.flatMap(dataPanels))
      for (const { rawSql } of targets ?? []) answers.set(`${type} ${title}`, await rowsOf(rawSql));
    const drawn = answers.get("timeseries Total") ?? [];
    expect(drawn).toHaveLength(24);
    expect(drawn.reduce((sum, row) => sum + Number(row["total"] ?? row["total (not final)"]), 0)).toBe(sumTo(600));
    expect((answers.get("table Lanes") ?? []).map(({ stream }) => stream)).toStrictEqual(streams);
    expect(answers.get("stat Newest message")).toStrictEqual([{ value: expect.anything() }]);
    const [variable] = dashboards.flatMap(({ templating }) =>
      templating.list.flatMap(({ query }) => (typeof query === "string" ? [] : [query.rawSql])),
    );
    expect(await rowsOf(variable ?? "")).toStrictEqual(streams.map((stream) => ({ stream })));
  });

  it("is replayed lane by lane beside a worker, switched to, and back", async () => {
    const next = `${project.name}_next`;
    const worker = project.start(["ingest"]);
    try {
      await worker.said(/"state":"running"/);
      const replayed = await project.json<{ done: boolean; received: number }>(["replay", "--into", next]);
      expect(replayed).toMatchObject({ done: true, received: 600, rows: 600 });
      expect(await project.json(["replay", "--switch", "--into", next])).toMatchObject({ live: project.name, kept: next });
      await writeFile(join(project.folder, "third.ndjson"), events(600, 700));
      await project.json(["publish", "third.ndjson"]);
      await expect.poll(rowCount, patiently).toBe(700);
      expect([total(await trend()), total(await trend("--raw"))]).toStrictEqual([sumTo(700), sumTo(700)]);
      await project.json(["replay", "--switch", "--into", next]);
      await expect.poll(rowCount, patiently).toBe(700);
    } finally {
      worker.child.kill("SIGTERM");
      await worker.finished;
      await clickhouse.command({ name: "Drop", sql: `DROP DATABASE IF EXISTS ${next} SYNC` });
    }
    const report = await project.json<{ lanes: { stream: string }[] }>(["verify", "--deep"]);
    expect(report).toMatchObject({ ok: true, compared: true, received: 700, inserted: 700 });
    expect(report.lanes.map(({ stream }) => stream)).toStrictEqual(streams);
  });
});
