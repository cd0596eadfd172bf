import { Command } from "commander";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { StreamChange } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { applyPlan, migrationPlan, type MigrationPlan } from "../../transforms/index.ts";
import { openClickHouse, openJetStreamIfNamed } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural } from "../output/numbers.ts";

interface Flags {
  readonly dryRun?: boolean;
  readonly format: "text" | "json";
}

/** `hydrograph migrate`: makes the streams, tables, rollups and views that the project needs. */
export function migrateCommand(act: Act): Command {
  return new Command("migrate")
    .description("Make the streams, tables, rollups and views that the project needs; what is there stays, nothing is ever dropped.")
    .option("--dry-run", "print the statements, and run none")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nWorkers may run meanwhile. Without the address of NATS, only ClickHouse is made ready.\n\nExamples:\n  hydrograph migrate\n  hydrograph migrate --dry-run > plan.sql",
    )
    .action(act(migrate));
}

async function migrate(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config, { databaseMayLack: true });
  try {
    const plan = await migrationPlan(config.project, clickhouse);
    if (flags.dryRun === true) {
      await invocation.terminal.write(flags.format === "json" ? `${JSON.stringify({ applied: false, ...plan })}\n` : planAsSql(plan));
    } else await apply(invocation, config, clickhouse, plan, flags);
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

async function apply(
  invocation: Invocation,
  config: LoadedConfig,
  clickhouse: ClickHouse,
  plan: MigrationPlan,
  flags: Flags,
): Promise<void> {
  const { project } = config;
  const { signal, terminal } = invocation;
  const isText = flags.format === "text";
  const lines: Promise<void>[] = [];
  const say = (kind: string, object: string, reason: string): void => {
    if (isText) lines.push(terminal.write(`${kind.padEnd(8)}  ${object}  ${reason}\n`));
  };
  const jetstream = await openJetStreamIfNamed(invocation, config);
  try {
    const streams = (await jetstream?.ensureStreams(project.streams)) ?? [];
    for (const { change, name } of streams) if (change !== "none") say("stream", name, change);
    await applyPlan(plan, clickhouse, {
      ...(jetstream ? { workers: { project, jetstream, signal } } : {}),
      onStep: ({ kind, object, reason }) => say(kind, object, reason),
    });
    await Promise.all(lines);
    const rest = await migrationPlan(project, clickhouse);
    const notes = [...streams.flatMap(({ warnings }) => warnings), ...rest.notes, ...openQuestions(rest, project, jetstream !== undefined)];
    if (isText) await terminal.write(outcome(plan, streams, notes));
    else await terminal.write(`${JSON.stringify({ applied: true, ...plan, streams, notes })}\n`);
  } finally {
    await jetstream?.close();
  }
}

/** What this run had to leave open. */
function openQuestions({ steps }: MigrationPlan, { streams }: Project, hasNats: boolean): string[] {
  const undecided = steps.map(({ object }) => object);
  const why = hasNats ? "a worker had a batch under way all the time" : "without NATS nobody knows whether a batch was on its way";
  return [
    ...(hasNats || streams.length === 0 ? [] : ["nothing says where NATS is, so no stream was made."]),
    ...(undecided.length === 0
      ? []
      : [`${undecided.join(", ")} may lack events (${why}): trends read the raw events until "hydrograph migrate" has run again.`]),
  ];
}

function outcome({ database, steps }: MigrationPlan, streams: readonly StreamChange[], notes: readonly string[]): string {
  const made = steps.length + streams.filter(({ change }) => change !== "none").length;
  const state = made === 0 ? "is up to date" : `is up to date after ${plural(made, "step")}`;
  return [`Database "${database}" ${state}.\n`, ...notes.map((note) => `Note: ${note}\n`)].join("");
}

/** The plan as a script that ClickHouse's own client could run. */
function planAsSql(plan: MigrationPlan): string {
  const head = `-- ${plural(plan.steps.length, "statement")} for database "${plan.database}"\n`;
  const notes = plan.notes.map((note) => `-- ${note}\n`);
  return [head, ...notes, ...plan.steps.map(({ object, reason, sql }) => `\n-- ${object} ${reason}\n${sql};\n`)].join("");
}
