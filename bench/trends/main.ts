import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectClickHouse, type ClickHouse, type Statement } from "../../clickhouse/index.ts";
import { startClickHouse } from "../../embedded/index.ts";
import { funnel, trend, type TrendAnswer, type TrendRequest } from "../../queries/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { fillStatements, range, steps } from "../behaviour/shop-events.ts";
import { eventCount } from "../ingest/event-count.ts";
import { trendsProject, views, viewsByHour } from "./bench-project.ts";
import { answerByHand, coarserByHand, rawByHand, rebuildStatements, rebuiltByHand, rollupByHand } from "./by-hand.ts";
import { measureInTurns, percentile } from "./measure.ts";

const QUICK_ROUNDS = 100;
const SLOW_ROUNDS = 20;
/** Of the funnel and the rebuild the quickest round counts. */
const LONG_ROUNDS = 3;
const say = (text: string): void => console.error(text);

interface Options {
  readonly events: number;
  readonly json: boolean;
}

function commandLine(): Options {
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

const request: TrendRequest = { ...range, metric: views, grain: "1 hour" };
const coarserRequest: TrendRequest = { ...request, metric: viewsByHour };

async function runAll(clickhouse: ClickHouse, statements: readonly Statement[]): Promise<void> {
  for (const statement of statements) await clickhouse.command(statement);
}

function valuesOf({ rows }: TrendAnswer): string {
  return rows.map((row) => String(row.values["value"])).join();
}

/** Fails unless all ways to the answer lead to the same numbers. */
async function checkAnswers(clickhouse: ClickHouse): Promise<void> {
  const answer = await trend(clickhouse, trendsProject, request);
  if (answer.sources[0]?.kind !== "rollup") throw new Error(`The trend read ${answer.sources[0]?.kind}: ${answer.sources[0]?.why}`);
  const coarser = await trend(clickhouse, trendsProject, coarserRequest);
  const [source] = coarser.sources;
  if (!source?.why.includes("rollup of 1 hour")) throw new Error(`The trend did not read the rollup of hours: ${source?.why}`);
  if (valuesOf(coarser) !== valuesOf(answer)) throw new Error("The rollups of minutes and of hours give different trends.");
  const whole = await answerByHand(clickhouse);
  if (whole.map(({ value }) => value).join() !== valuesOf(answer) || Number(whole[0]?.total) !== answer.totals[0]?.values["value"])
    throw new Error("The whole answer by hand gives other numbers than the trend.");
  const raw = await trend(clickhouse, trendsProject, { ...request, source: "raw" });
  if (valuesOf(raw) !== valuesOf(answer)) throw new Error("The rollup and the raw events give different trends.");
  for (const statement of [rollupByHand, coarserByHand, rawByHand, rebuiltByHand]) {
    const rows = await clickhouse.rows<{ value: string }>(statement);
    // A small run has hours without events: by hand they lack, in the trend they are 0.
    const found = answer.rows.filter((row) => row.values["value"] !== 0).map((row) => String(row.values["value"]));
    if (rows.map(({ value }) => value).join() !== found.join()) throw new Error(`"${statement.name}" gives other numbers than the trend.`);
  }
}

/** The quickest of a few rounds, in milliseconds. */
async function quickest(ask: () => Promise<unknown>): Promise<number> {
  const { times = [] } = await measureInTurns(LONG_ROUNDS, { times: ask });
  return Math.min(...times);
}

/** A percentile to a tenth of a millisecond. */
function p(times: readonly number[] | undefined, share: number): number {
  return Math.round(percentile(times ?? [], share) * 10) / 10;
}

async function measureAll(clickhouse: ClickHouse, events: number) {
  const rebuildMs = await quickest(() => runAll(clickhouse, rebuildStatements));
  await checkAnswers(clickhouse);
  const quick = await measureInTurns(QUICK_ROUNDS, {
    rollup: () => trend(clickhouse, trendsProject, request),
    byHand: () => clickhouse.rows(rollupByHand),
    answerByHand: () => answerByHand(clickhouse),
    coarser: () => trend(clickhouse, trendsProject, coarserRequest),
    coarserByHand: () => clickhouse.rows(coarserByHand),
  });
  const slow = await measureInTurns(SLOW_ROUNDS, {
    raw: () => trend(clickhouse, trendsProject, { ...request, source: "raw" }),
    byHand: () => clickhouse.rows(rawByHand),
  });
  const funnelMs = await quickest(() => funnel(clickhouse, trendsProject, { ...range, steps, window: "7d" }));
  return {
    events,
    rollupP50Ms: p(quick["rollup"], 0.5),
    rollupP95Ms: p(quick["rollup"], 0.95),
    handWrittenP50Ms: p(quick["byHand"], 0.5),
    handWrittenP95Ms: p(quick["byHand"], 0.95),
    answerByHandP50Ms: p(quick["answerByHand"], 0.5),
    answerByHandP95Ms: p(quick["answerByHand"], 0.95),
    coarserP50Ms: p(quick["coarser"], 0.5),
    coarserP95Ms: p(quick["coarser"], 0.95),
    coarserHandWrittenP50Ms: p(quick["coarserByHand"], 0.5),
    coarserHandWrittenP95Ms: p(quick["coarserByHand"], 0.95),
    rawP50Ms: p(slow["raw"], 0.5),
    rawP95Ms: p(slow["raw"], 0.95),
    rawHandWrittenP50Ms: p(slow["byHand"], 0.5),
    rawHandWrittenP95Ms: p(slow["byHand"], 0.95),
    funnelMs: Math.round(funnelMs),
    rebuildPerSecond: Math.round((events / rebuildMs) * 1_000),
  };
}

const { events, json } = commandLine();
const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
const server = await startClickHouse({ dataDir });
try {
  const clickhouse = connectClickHouse({ url: server.url, database: trendsProject.name });
  await applyPlan(await migrationPlan(trendsProject, clickhouse), clickhouse);
  say(`making ${events.toLocaleString("en")} events …`);
  await runAll(clickhouse, fillStatements(events));
  say("measuring …");
  const result = await measureAll(clickhouse, events);
  await clickhouse.close();
  if (json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(24)}${value.toLocaleString("en").padStart(14)}`);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
