import { hostname } from "node:os";
import { Command } from "commander";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { atEachGrain, type Metric } from "../../model/index.ts";
import {
  applyPlan,
  forgetFormerVersions,
  leaveToRawEvents,
  migrationPlan,
  rebuildRollup,
  rollupStatus,
  type RebuildOutcome,
  type RollupStatus,
} from "../../transforms/index.ts";
import { adviseName, compareRollup, type RollupComparison } from "../../queries/index.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption, wholeNumber } from "../output/formats.ts";
import { plural, showNumber, showSeconds } from "../output/numbers.ts";
import { startProgress } from "../output/progress.ts";

interface Flags {
  readonly changed?: boolean;
  readonly rate?: number;
  readonly rollback?: boolean;
  readonly forget?: boolean;
  /** True = compare, and do nothing else; false = do not compare what was rebuilt either. */
  readonly compare?: boolean;
  readonly dryRun?: boolean;
  readonly format: "text" | "json";
}

/** What all ways of the command work with. */
interface Work {
  readonly invocation: Invocation;
  readonly flags: Flags;
  readonly config: LoadedConfig;
  readonly clickhouse: ClickHouse;
  readonly metrics: readonly Metric[];
}

/** `hydrograph rebuild`: fills rollups that lack history, while ingest goes on. */
export function rebuildCommand(act: Act): Command {
  return new Command("rebuild")
    .description(
      "Fill the rollup of a new or changed metric from the events, while ingest and queries go on; trends read it once it is whole.",
    )
    .argument("[metrics...]", "their names in the config")
    .option("--changed", "all metrics whose rollup lacks history")
    .option("--rate <events>", "at most so many events a second", wholeNumber)
    .option("--rollback", "let trends read the raw events again instead of the rollup; it can then be rebuilt")
    .option("--forget", "drop the tables of former definitions")
    .option("--compare", "only compare the rollups with the raw events, bucket by bucket; exit with 3 if any differs")
    .option("--no-compare", "do not compare after a rebuild")
    .option("--dry-run", "tell what would be done, and do nothing")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nStopped at any point, the same command goes on. Until a rollup is whole, trends read the raw events.\n\nExamples:\n" +
        "  hydrograph rebuild revenue\n  hydrograph rebuild --changed --rate 200000\n" +
        "  hydrograph rebuild revenue --compare\n  hydrograph rebuild revenue --rollback\n  hydrograph rebuild revenue --forget",
    )
    .action(act(rebuild));
}

async function rebuild(invocation: Invocation, names: readonly string[], flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  checkFlags(names, flags);
  const metrics = names.length === 0 ? config.project.metrics : names.map((name) => findMetric(config, name));
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const work = { invocation, flags, config, clickhouse, metrics };
    if (flags.dryRun === true) return await tellPlan(work);
    if (flags.compare === true) return (await compare(work)) ? EXIT.ok : EXIT.findings;
    if (flags.rollback === true) return await rollBack(work);
    if (flags.forget === true) return await forget(work);
    return await fill(work);
  } finally {
    await clickhouse.close();
  }
}

function checkFlags(names: readonly string[], { changed, compare: compares, forget: forgets, rate, rollback }: Flags): void {
  const hasNames = names.length > 0;
  if (hasNames === (changed === true)) throw new UsageError("Name the metrics to rebuild, or all that lack history with --changed.");
  const ways = [changed, rollback, forgets, compares].filter((flag) => flag === true).length;
  if (ways > 1) throw new UsageError("--changed, --rollback, --forget and --compare exclude each other.");
  if (rate !== undefined && (rollback === true || forgets === true)) throw new UsageError("--rate goes with a rebuild alone.");
}

function findMetric({ project }: LoadedConfig, name: string): Metric {
  const metric = project.metrics.find((candidate) => candidate.name === name);
  if (metric) return metric;
  const names = project.metrics.map((candidate) => candidate.name);
  const all = `the project "${project.name}" has ${names.join(", ") || "none"}.`;
  throw new UsageError(`There is no metric "${name}": ${adviseName(name, names, all)}`);
}

async function fill(work: Work): Promise<number> {
  const { clickhouse, config, flags, invocation, metrics } = work;
  const { signal, terminal } = invocation;
  const { project } = config;
  const jetstream = await openJetStream(invocation, config);
  try {
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse, { workers: { project, jetstream, signal } });
    const states = await rollupStatus(clickhouse, metrics);
    const lacking = states.filter(({ complete }) => !complete);
    if (flags.format === "text") {
      const whole = flags.changed === true ? [] : states.filter(({ complete }) => complete);
      for (const { metric, rollup } of whole) await terminal.write(`${nameOf(work, metric)} is whole already: trends read ${rollup}.\n`);
      if (flags.changed === true && lacking.length === 0) await terminal.write("No rollup lacks history.\n");
    }
    let isEqual = true;
    for (const status of lacking) {
      // Between two rollups a signal finds none to pause: another fence would be raised, and its copy of the events kept, for nothing.
      if (signal.aborted) return await tellPause(work, status);
      const { comparison, complete } = await fillOne(work, jetstream, status);
      if (!complete) return EXIT.interrupted;
      isEqual &&= comparison === undefined || comparison.differences.length === 0;
    }
    return isEqual ? EXIT.ok : EXIT.findings;
  } finally {
    await jetstream.close();
  }
}

/** The metric's name, with the grain if it has rollups of several. */
function nameOf({ config }: Work, { grain, name }: Metric): string {
  const declared = config.project.metrics.find((metric) => metric.name === name);
  return (declared?.coarser ?? []).length === 0 ? name : `${name} by ${grain}`;
}

async function tellPause(work: Work, { metric, rollup }: RollupStatus): Promise<number> {
  const { flags, invocation } = work;
  if (flags.format === "text")
    await invocation.terminal.write(`${nameOf(work, metric)}: paused before ${rollup}; the same command goes on.\n`);
  return EXIT.interrupted;
}

/** How the rebuild of one rollup ended. */
type Filled = RebuildOutcome & { readonly comparison?: RollupComparison };

async function fillOne(work: Work, jetstream: JetStream, { former, metric }: RollupStatus): Promise<Filled> {
  const { clickhouse, config, flags, invocation } = work;
  const { signal, terminal } = invocation;
  const { project } = config;
  const started = performance.now();
  const name = nameOf(work, metric);
  let progress: ReturnType<typeof startProgress> | undefined;
  const outcome = await rebuildRollup({
    metric,
    clickhouse,
    workers: { project, jetstream, signal },
    worker: `${hostname()}:${process.pid}`,
    rate: flags.rate,
    signal,
    onStep: (step) => terminal.note(`${name}: ${step}.`),
    onProgress: (done, total) => {
      progress ??= startProgress(terminal, { what: name, unit: "event", total });
      progress.update(done);
    },
  });
  progress?.finish();
  const seconds = (performance.now() - started) / 1_000;
  if (flags.format === "text") await terminal.write(told(name, metric, outcome, seconds, former));
  const comparison = outcome.complete && flags.compare !== false ? await compareRollup(clickhouse, project, metric) : undefined;
  const filled = { ...outcome, ...(comparison ? { comparison } : {}) };
  if (flags.format === "json")
    await terminal.write(`${JSON.stringify({ metric: metric.name, grain: metric.grain, ...filled, seconds, former })}\n`);
  else if (comparison) await terminal.write(toldComparison(comparison));
  return filled;
}

function told(
  what: string,
  metric: Metric,
  { complete, read, rollup }: RebuildOutcome,
  seconds: number,
  former: readonly string[],
): string {
  const rate = `${plural(read, "event")} in ${showSeconds(seconds)} (${showNumber(Math.round(read / seconds))}/s)`;
  if (!complete) return `${what}: ${rate}. Paused; the same command goes on.\n`;
  const kept =
    former.length === 0 ? "" : ` ${former.join(", ")} stays beside it and is fed, until "hydrograph rebuild ${metric.name} --forget".`;
  return `${what}: ${rate}. Trends read ${rollup} now.${kept}\n`;
}

/** Tells in which buckets rollups differ from the raw events. @returns whether none does */
async function compare({ clickhouse, config, flags, invocation: { terminal }, metrics }: Work): Promise<boolean> {
  let isEqual = true;
  for (const metric of metrics.flatMap(atEachGrain)) {
    const comparison = await compareRollup(clickhouse, config.project, metric);
    isEqual &&= comparison.differences.length === 0;
    await terminal.write(flags.format === "json" ? `${JSON.stringify(comparison)}\n` : toldComparison(comparison));
  }
  return isEqual;
}

const MOST_SHOWN = 20;

function toldComparison({ buckets, differences, grain, metric, read, rollup }: RollupComparison): string {
  if (!read) return `${metric}: trends read the raw events instead of ${rollup}, as it lacks history: "hydrograph rebuild ${metric}".\n`;
  if (differences.length === 0) return `${metric}: ${rollup} and raw events agree in ${plural(buckets, "bucket")} (${grain}).\n`;
  const lines = differences
    .slice(0, MOST_SHOWN)
    .map(({ output, raw, rollup: rolled, start }) => `  ${start.toISOString()}  ${output}: rollup ${rolled ?? "–"}, raw ${raw ?? "–"}\n`);
  const more = differences.length > MOST_SHOWN ? `  and ${differences.length - MOST_SHOWN} more (--format json has all)\n` : "";
  return `${metric}: ${rollup} and raw events differ in ${plural(differences.length, "value")} of ${plural(buckets, "bucket")} (${grain}):\n${lines.join("")}${more}  "hydrograph rebuild ${metric} --rollback", then "hydrograph rebuild ${metric}" makes it again.\n`;
}

async function rollBack({ clickhouse, flags, invocation: { terminal }, metrics }: Work): Promise<number> {
  for (const { former, metric, rollup } of await rollupStatus(clickhouse, metrics)) {
    await leaveToRawEvents(clickhouse, metric);
    const kept =
      former.length === 0 ? "" : ` Former definitions are kept and fed (${former.join(", ")}): put one back into the config to read it.`;
    const text = `Trends of ${metric.name} read the raw events again instead of ${rollup}.${kept}\n`;
    await terminal.write(flags.format === "json" ? `${JSON.stringify({ metric: metric.name, rollup, complete: false, former })}\n` : text);
  }
  return EXIT.ok;
}

async function forget({ clickhouse, flags, invocation: { terminal }, metrics }: Work): Promise<number> {
  for (const metric of metrics) {
    const dropped = await forgetFormerVersions(clickhouse, metric);
    const text = dropped.length === 0 ? `${metric.name} has no former definitions.\n` : `Dropped ${dropped.join(", ")}.\n`;
    await terminal.write(flags.format === "json" ? `${JSON.stringify({ metric: metric.name, dropped })}\n` : text);
  }
  return EXIT.ok;
}

async function tellPlan({ clickhouse, flags, invocation: { terminal }, metrics }: Work): Promise<number> {
  const states = await rollupStatus(clickhouse, metrics);
  const plan = states.map(({ complete, former, metric, rollup }) => ({ metric: metric.name, rollup, complete, former }));
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify({ applied: false, rollups: plan })}\n`);
    return EXIT.ok;
  }
  const lines = plan.map(({ complete, former, metric, rollup }) => {
    const kept = former.length === 0 ? "" : `; beside it: ${former.join(", ")}`;
    return `${(complete ? "whole" : "rebuild").padEnd(8)}  ${metric}  ${rollup}${kept}\n`;
  });
  await terminal.write(lines.join(""));
  return EXIT.ok;
}
