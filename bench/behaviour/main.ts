import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse, type RunningServer } from "../../embedded/index.ts";
import { funnel, lifecycle, paths, retention, sessions, type FunnelAnswer } from "../../queries/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { eventCount } from "../ingest/event-count.ts";
import { processCpuMicros } from "../process-cpu.ts";
import { reachedByJoins, windowFunnelByHand } from "./by-hand.ts";
import { benchProject, fillStatements, range, steps } from "./shop-events.ts";

/** How often each question is asked; the quickest time counts, as others share the machine. */
const ROUNDS = 3;
const say = (text: string): void => console.error(text);
const { events, json } = commandLine();

/** What a question took: the quickest of its rounds, and the least CPU time of the server. */
interface Cost {
  readonly question: string;
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
}

function commandLine(): { readonly events: number; readonly json: boolean } {
  try {
    const { values } = parseArgs({
      options: { events: { type: "string", default: "10000000" }, json: { type: "boolean", default: false } },
    });
    return { events: eventCount(values.events), json: values.json };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

async function measure<Answer>(
  server: RunningServer,
  question: string,
  ask: () => Promise<Answer>,
): Promise<{ cost: Cost; answer: Answer }> {
  let [answer, seconds, cpuSeconds] = [await ask(), Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [cpu, start] = [processCpuMicros(server.pid), performance.now()];
    answer = await ask();
    seconds = Math.min(seconds, (performance.now() - start) / 1_000);
    cpuSeconds = Math.min(cpuSeconds, ((processCpuMicros(server.pid) ?? Number.NaN) - (cpu ?? Number.NaN)) / 1e6);
  }
  const cost = { question, seconds, cpuSeconds: Number.isNaN(cpuSeconds) ? undefined : cpuSeconds };
  say(line(cost));
  return { cost, answer };
}

function line({ question, seconds, cpuSeconds }: Cost): string {
  return `${question.padEnd(24)}${seconds.toFixed(2).padStart(8)} s${(cpuSeconds?.toFixed(2) ?? "unknown").padStart(10)} s CPU`;
}

/** Fails if the funnel's steps are not what joins count. */
async function checkFunnel(clickhouse: ClickHouse, { groups }: FunnelAnswer): Promise<void> {
  for (const { entities, step } of groups[0]?.steps ?? []) {
    const [row] = await clickhouse.rows<{ entities: string }>(reachedByJoins(step));
    if (Number(row?.entities) !== entities)
      throw new Error(`Step ${step} was reached by ${entities} entities, and by ${row?.entities} if it is counted by joins.`);
  }
}

const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
const server = await startClickHouse({ dataDir });
try {
  const clickhouse = connectClickHouse({ url: server.url, database: benchProject.name });
  await applyPlan(await migrationPlan(benchProject, clickhouse), clickhouse);
  say(`making ${events.toLocaleString("en")} events …`);
  for (const statement of fillStatements(events)) await clickhouse.command(statement);
  const common = { ...range, events: steps };
  const funnelOf = (by?: string): Promise<FunnelAnswer> =>
    funnel(clickhouse, benchProject, { ...range, steps, window: "7d", ...(by === undefined ? {} : { by }) });
  const four = await measure(server, "funnel of 4 steps", () => funnelOf());
  const byHand = await measure(server, "windowFunnel by hand", () =>
    clickhouse.rows<{ reached: number; entities: string }>(windowFunnelByHand),
  );
  const others = [
    await measure(server, "funnel by country", () => funnelOf("country")),
    await measure(server, "retention by week", () =>
      retention(clickhouse, benchProject, { ...range, first: "page.viewed", returning: "order.placed", period: "week" }),
    ),
    await measure(server, "lifecycle by day", () => lifecycle(clickhouse, benchProject, { ...common, period: "day" })),
    await measure(server, "sessions", () => sessions(clickhouse, benchProject, { ...common, gap: "30m" })),
    await measure(server, "paths of 3", () => paths(clickhouse, benchProject, { ...common, length: 3 })),
  ];
  say("checking the funnel by joins …");
  await checkFunnel(clickhouse, four.answer);
  await clickhouse.close();
  const reached = four.answer.groups[0]?.steps.map(({ entities }) => entities) ?? [];
  const costs = [four, byHand, ...others].map(({ cost }) => cost);
  const longest = steps.map((_, index) =>
    byHand.answer.reduce((total, row) => total + (row.reached > index ? Number(row.entities) : 0), 0),
  );
  if (json) console.log(JSON.stringify({ events, costs, reached, windowFunnelReached: longest }));
  else {
    for (const cost of costs) console.log(line(cost));
    console.log(`reached, from the first touch: ${reached.join(", ")}; by windowFunnel, from any: ${longest.join(", ")}`);
  }
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
