import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse } from "../../embedded/index.ts";
import git from "../../examples/git/hydrograph.config.ts";
import market from "../../examples/market/hydrograph.config.ts";
import shop from "../../examples/shop/hydrograph.config.ts";
import type { Project } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { eventCount } from "../ingest/event-count.ts";
import { measureInTurns, percentile } from "../trends/measure.ts";
import { dashboardQueries } from "./dashboard-queries.ts";
import { measurePageLoad, type PageLoad } from "./page-load.ts";
import { fillStatements } from "./fill-statements.ts";

const PROJECTS: readonly Project[] = [shop, git, market];
/** What a query of a dashboard may take. */
const LIMIT_MS = 300;
const say = (text: string): void => console.error(text);

interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly projects: readonly Project[];
  /** Whether a browser opens the live page too. */
  readonly page: boolean;
  readonly json: boolean;
}

function commandLine(): Options {
  try {
    const { values } = parseArgs({
      options: {
        events: { type: "string", default: "10000000" },
        rounds: { type: "string", default: "20" },
        project: { type: "string" },
        page: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const projects = PROJECTS.filter(({ name }) => values.project === undefined || name === values.project);
    if (projects.length === 0) throw new Error(`--project takes ${PROJECTS.map(({ name }) => name).join(", ")}, not "${values.project}".`);
    return {
      events: eventCount(values.events),
      rounds: eventCount(values.rounds, "--rounds"),
      projects,
      page: values.page,
      json: values.json,
    };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

interface Measured {
  readonly name: string;
  readonly rows: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

interface ProjectResult {
  readonly queries: readonly Measured[];
  readonly page: PageLoad | undefined;
}

async function measureProject(url: string, project: Project, { events, page, rounds }: Options): Promise<ProjectResult> {
  const clickhouse = connectClickHouse({ url, database: project.name });
  try {
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
    say(`${project.name}: making ${events.toLocaleString("en")} events …`);
    const to = Date.now();
    for (const statement of fillStatements(project.name, events, to)) await clickhouse.command(statement);
    const queries = dashboardQueries(project, to);
    say(`${project.name}: measuring ${queries.length} queries …`);
    const rows = new Map<string, number>();
    const times = await measureInTurns(
      rounds,
      Object.fromEntries(queries.map(({ name, sql }) => [name, async () => rows.set(name, await rowsOf(clickhouse, sql))])),
    );
    const measured = queries.map(({ name }) => ({
      name,
      rows: rows.get(name) ?? 0,
      p50Ms: Math.round(percentile(times[name] ?? [], 0.5)),
      p95Ms: Math.round(percentile(times[name] ?? [], 0.95)),
    }));
    return { queries: measured, page: page && project === shop ? await measurePageLoad(clickhouse, project) : undefined };
  } finally {
    await clickhouse.close();
  }
}

/** Asks as the data source of Grafana does, for all rows. */
async function rowsOf(clickhouse: ClickHouse, sql: string): Promise<number> {
  return (await clickhouse.rows({ name: "Dashboard", sql, settings: { readonly: "2" } })).length;
}

const options = commandLine();
const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
const server = await startClickHouse({ dataDir });
try {
  const results: ProjectResult[] = [];
  for (const project of options.projects) results.push(await measureProject(server.url, project, options));
  const measured = results.flatMap(({ queries }) => queries);
  const page = results.find((result) => result.page)?.page;
  const slowest = measured.toSorted((a, b) => b.p95Ms - a.p95Ms);
  const over = slowest.filter(({ p95Ms }) => p95Ms > LIMIT_MS);
  if (options.json)
    console.log(JSON.stringify({ events: options.events, queries: measured, slowest: slowest[0], over: over.length, page }));
  else {
    for (const { name, p50Ms, p95Ms, rows } of slowest)
      console.log(`${String(p50Ms).padStart(6)} ms p50 ${String(p95Ms).padStart(6)} ms p95 ${String(rows).padStart(6)} rows  ${name}`);
    console.log(`\n${measured.length} queries; over ${LIMIT_MS} ms: ${over.length}; the slowest: ${slowest[0]?.name ?? "none"}`);
    if (page)
      console.log(
        `the live page: ${page.panels} panels of ${page.points.toLocaleString("en")} points; the first drawn after ${page.firstPanelMs} ms, all after ${page.allPanelsMs} ms`,
      );
  }
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
