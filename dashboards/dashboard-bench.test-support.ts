import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, inject } from "vitest";
import { connectClickHouse, type ClickHouse } from "../clickhouse/index.ts";
import type { Project } from "../model/index.ts";
import { applyPlan, migrationPlan } from "../transforms/index.ts";
import { dashboardsOf, type PanelJson } from "./dashboard-json.test-support.ts";
import { expandMacros, type View } from "./expand-macros.test-support.ts";
import { autumn, fill, fillDrift, TRAINING_SET } from "./sample-data.test-support.ts";
import { sampleProject } from "./sample-project.test-support.ts";

const drifted = { trainingSet: TRAINING_SET, feature: "coupon" };
/** What is looked at: ranges, zones and grains. */
export const views = {
  "days in Berlin": { ...autumn, ...drifted, zone: "Europe/Berlin", grain: "day", streams: ["SHOP", "it's"] },
  "weeks in UTC": { ...autumn, ...drifted, zone: "utc", grain: "week", streams: ["SHOP", "it's"] },
  "hours of a cut range": {
    ...drifted,
    from: autumn.from + 86_400_123,
    to: autumn.from + 4 * 86_400_000 + 7,
    zone: "America/New_York",
    grain: "auto",
    streams: ["SHOP"],
  },
} as const satisfies Readonly<Record<string, View>>;

export type Row = Readonly<Record<string, unknown>>;

/** The sample project's dashboards, and a database with its data. */
export interface DashboardBench {
  readonly project: Project;
  readonly dashboards: ReturnType<typeof dashboardsOf>;
  readonly clickhouse: ClickHouse;
  /** Runs a query as Grafana's user would: read only. */
  readonly run: (sql: string, view: View) => Promise<{ columns: string[]; rows: Row[] }>;
}

/** Opens a bench before the tests of the file, and takes it away after them. */
export function dashboardBench(): DashboardBench {
  const project = sampleProject(`dashboards_${randomUUID().slice(0, 8)}`);
  const server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
  const clickhouse = server.inDatabase(project.name);
  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
    await fill(clickhouse);
    await fillDrift(clickhouse);
  });
  afterAll(async () => {
    await server.command({ name: "Drop the test database", sql: `DROP DATABASE IF EXISTS ${project.name}` });
    await Promise.all([server.close(), clickhouse.close()]);
  });
  return {
    project,
    dashboards: dashboardsOf(project),
    clickhouse,
    run: async (sql, view) => {
      const stream = await clickhouse.bytes({
        name: "Dashboard",
        sql: expandMacros(sql, view),
        format: "JSON",
        settings: { readonly: "2" },
      });
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(Buffer.from(chunk));
      const { meta, data } = JSON.parse(Buffer.concat(chunks).toString()) as { meta: { name: string }[]; data: Row[] };
      return { columns: meta.map(({ name }) => name), rows: data };
    },
  };
}

/** The SQL of a panel. */
export function sqlOf(panel: PanelJson): string {
  return panel.targets?.[0]?.rawSql ?? "";
}

/** A time of a row, in seconds since 1970. */
export function seconds(time: unknown): number {
  return Date.parse(`${String(time).replace(" ", "T")}Z`) / 1_000;
}
