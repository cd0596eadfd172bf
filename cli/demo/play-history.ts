import { join, relative } from "node:path";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { trueTotals, type ShopOptions } from "../../examples/shop/index.ts";
import { verify } from "../../ingest/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { buildTrainingSet, trend } from "../../queries/index.ts";
import { verdict } from "../commands/verify.ts";
import { Interrupted } from "../errors.ts";
import { plural, showBytes, showNumber, showSeconds } from "../output/numbers.ts";
import { startProgress } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import { trendView } from "../output/trend-view.ts";
import { startWorker, watchUntilDone } from "../worker.ts";
import { checkTotals, type ShopTotals, type Stretch } from "./check-totals.ts";
import { publishHistory, writeLabels } from "./history.ts";

/** What the demo plays on. */
export interface Stage {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** For labels and training set. */
  readonly folder: string;
  /** Visits of the month. */
  readonly sessions: number;
}

const DAY_MS = 86_400_000;
const DAYS = 30;
/** Events come up to three days late, so the first of the month's log happened before it. */
const LATEST_DAYS = 4;

/** Publishes the month, ingests it, and shows what can be asked of it. @returns whatever is off, a sentence each */
export async function playHistory(stage: Stage): Promise<string[]> {
  const until = new Date();
  const shop: ShopOptions = { until, days: DAYS, sessions: stage.sessions };
  const range = { from: new Date(until.getTime() - (DAYS + LATEST_DAYS) * DAY_MS), to: until };
  const truth = trueTotals(shop);
  const wrong: string[] = [];
  const spine = await publish(stage, shop, truth, wrong);
  await ingest(stage, truth, wrong);
  const report = await verify({ clickhouse: stage.clickhouse });
  if (!report.ok) wrong.push(...report.lanes.flatMap((lane) => lane.problems));
  await say(stage, verdict(report, stage.terminal));
  const differences = await checkTotals(stage.clickhouse, stage.project, truth, range);
  wrong.push(...differences);
  const days = Object.keys(truth.ordersByDay).length;
  if (differences.length === 0)
    await say(
      stage,
      `${tick(stage)} orders of ${days} days and revenue of ${Object.keys(truth.revenue).length} countries are those the shop knows to be true.`,
    );
  await showTrends(stage, truth, until);
  await train(stage, spine);
  return wrong;
}

async function publish(stage: Stage, shop: ShopOptions, truth: ShopTotals, wrong: string[]): Promise<string> {
  const { folder, jetstream, project, signal, terminal } = stage;
  const started = performance.now();
  const progress = startProgress(terminal, { what: "Publishing", unit: "event", total: truth.messages });
  const summary = await publishHistory({ jetstream, project, shop, signal, onProgress: (done) => progress.update(done) });
  progress.finish();
  if (signal.aborted) throw new Interrupted();
  const seconds = (performance.now() - started) / 1_000;
  await say(
    stage,
    `${tick(stage)} published ${plural(summary.published, "event")} of a month (${rate(truth.messages, seconds)}); JetStream dropped ${plural(summary.duplicates, "repetition")}`,
  );
  if (summary.published !== truth.events)
    wrong.push(`${plural(truth.events, "event")} were to be published, ${showNumber(summary.published)} were.`);
  const spine = join(folder, "labels.csv");
  await writeLabels(spine, summary.labels);
  return spine;
}

async function ingest(stage: Stage, truth: ShopTotals, wrong: string[]): Promise<void> {
  const started = performance.now();
  const worker = await startWorker({ ...stage, logLevel: "warn", until: "caught-up" });
  await watchUntilDone(worker, stage.terminal, truth.events);
  if (stage.signal.aborted) throw new Interrupted();
  const seconds = (performance.now() - started) / 1_000;
  const { deadLetters, received, rows } = await worker.totals();
  await say(
    stage,
    `${tick(stage)} ingested ${plural(rows, "event")} in ${showSeconds(seconds)} (${rate(received, seconds)}), ${plural(deadLetters, "dead letter")}`,
  );
  if (rows !== truth.events) wrong.push(`${plural(truth.events, "event")} were to be ingested, ${showNumber(rows)} were.`);
}

async function showTrends(stage: Stage, truth: ShopTotals, until: Date): Promise<void> {
  const { clickhouse, project, terminal } = stage;
  const from = new Date(until.getTime() - DAYS * DAY_MS);
  from.setUTCHours(0, 0, 0, 0);
  const range: Stretch = { from, to: until };
  const since = `--from ${from.toISOString().slice(0, 10)} --grain day`;
  const questions = [
    { metric: "orders", groupBy: [], command: `trend orders ${since}` },
    {
      metric: "revenue",
      groupBy: ["country"],
      filter: { currency: "EUR" },
      command: `trend revenue ${since} --by country --where currency=EUR`,
    },
  ];
  for (const { command, ...question } of questions) {
    const answer = await trend(clickhouse, project, { ...question, ...range, grain: "day" });
    await say(stage, `\n${trendView(answer, terminal, { chart: true, table: false, source: false }).trimEnd()}`);
    await say(stage, terminal.paint("dim", `$ npx hydrograph ${command}`));
  }
  await say(stage, whoPaysInEuros(truth));
}

/** Why the chart of revenue has fewer countries than the shop. */
function whoPaysInEuros({ revenue }: ShopTotals): string {
  const keys = Object.keys(revenue);
  const inEuros = keys.filter((key) => key.endsWith("/EUR")).map((key) => key.slice(0, -"/EUR".length));
  return `Only ${inEuros.sort().join(" and ")} pay in EUR; the other ${keys.length - inEuros.length} countries have currencies of their own.`;
}

async function train({ clickhouse, folder, project, signal, terminal }: Stage, spine: string): Promise<void> {
  const started = performance.now();
  const out = join(folder, "train.parquet");
  const { manifest } = await buildTrainingSet(clickhouse, project, { spine: { path: spine }, features: "buyer", out, signal });
  const features = manifest.columns.filter(({ role }) => role === "feature").length;
  await terminal.write(
    `\n${terminal.paint("green", "✓")} training set: ${plural(manifest.rows, "order")} with ${plural(features, "feature")} as known at the time, ` +
      `${showBytes(manifest.file.bytes)} in ${showSeconds((performance.now() - started) / 1_000)}\n  ${relative(process.cwd(), out)}\n`,
  );
}

function say({ terminal }: Stage, line: string): Promise<void> {
  return terminal.write(`${line}\n`);
}

function tick({ terminal }: Stage): string {
  return terminal.paint("green", "✓");
}

function rate(count: number, seconds: number): string {
  return `${showNumber(Math.round(count / seconds))}/s`;
}
