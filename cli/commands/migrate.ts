import { Command } from "commander";
import { openClickHouse } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural } from "../output/numbers.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { applyPlan, migrationPlan, type MigrationPlan } from "../../transforms/index.ts";

interface Flags {
  readonly dryRun?: boolean;
  readonly format: "text" | "json";
}

/** `hydrograph migrate`: makes the tables, rollups and views that the project needs. */
export function migrateCommand(act: Act): Command {
  return new Command("migrate")
    .description("Make the tables, rollups and views that the project needs; what is there stays, nothing is ever dropped.")
    .option("--dry-run", "print the statements, and run none")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExamples:\n  hydrograph migrate\n  hydrograph migrate --dry-run > plan.sql")
    .action(act(migrate));
}

async function migrate(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config, { databaseMayLack: true });
  const { terminal } = invocation;
  try {
    const plan = await migrationPlan(config.project, clickhouse);
    if (flags.dryRun !== true) await applyPlan(plan, clickhouse);
    if (flags.format === "json") await terminal.write(`${JSON.stringify({ applied: flags.dryRun !== true, ...plan })}\n`);
    else if (flags.dryRun === true) await terminal.write(planAsSql(plan));
    else await showApplied(terminal, plan);
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

async function showApplied(terminal: Terminal, plan: MigrationPlan): Promise<void> {
  if (plan.steps.length > 0) {
    const rows = plan.steps.map(({ kind, object, reason }) => [kind, object, reason]);
    await terminal.write(table([{ title: "made" }, { title: "name" }, { title: "because it" }], rows));
  }
  const outcome = plan.steps.length === 0 ? "is up to date" : `is up to date after ${plural(plan.steps.length, "statement")}`;
  await terminal.write(`Database "${plan.database}" ${outcome}.\n`);
  for (const note of plan.notes) await terminal.write(`Note: ${note}\n`);
}

/** The plan as a script that ClickHouse's own client could run. */
function planAsSql(plan: MigrationPlan): string {
  const head = `-- ${plural(plan.steps.length, "statement")} for database "${plan.database}"\n`;
  const notes = plan.notes.map((note) => `-- ${note}\n`);
  return [head, ...notes, ...plan.steps.map(({ object, reason, sql }) => `\n-- ${object} ${reason}\n${sql};\n`)].join("");
}
