import { Command } from "commander";
import { verify as verifyTables, type VerifyReport } from "../../ingest/index.ts";
import { openClickHouse } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showNumber } from "../output/numbers.ts";
import { startProgress } from "../output/progress.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

interface Flags {
  readonly format: "text" | "json";
}

/** `hydrograph verify`: the proof that each message of the log is in the tables once. */
export function verifyCommand(act: Act): Command {
  return new Command("verify")
    .description(
      "Prove that every message read from the log is in the tables once: as events, as a dead letter, or counted as a duplicate.",
    )
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExits with 3 if anything is missing, doubled or changed.\n\nExamples:\n  hydrograph verify\n  hydrograph verify --format json",
    )
    .action(act(verify));
}

async function verify(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config);
  const { terminal } = invocation;
  const progress = startProgress(terminal, { what: "Verifying", unit: "% of the ledger", total: 100 });
  try {
    const report = await verifyTables({ clickhouse, onProgress: (share) => progress.update(Math.floor(share * 100)) });
    progress.finish();
    await terminal.write(flags.format === "json" ? `${JSON.stringify(report)}\n` : verifyView(report, terminal));
    return report.ok ? EXIT.ok : EXIT.findings;
  } finally {
    progress.finish();
    await clickhouse.close();
  }
}

/** The report for reading: a line a lane, what is wrong, and the verdict. */
export function verifyView(report: VerifyReport, terminal: Pick<Terminal, "paint">): string {
  if (report.lanes.length === 0) return "Nothing is ingested yet, so there is nothing to verify.\n";
  const right = "right" as const;
  const columns = [
    { title: "stream" },
    ...["committed", "received", "inserted", "dead letters", "duplicates", "missing", "doubled", "changed"].map((title) => ({
      title,
      align: right,
    })),
  ];
  const rows = report.lanes.map((lane) => [
    lane.stream,
    ...[lane.committed, lane.received, lane.inserted, lane.deadLettered, lane.duplicates, lane.missing, lane.doubled, lane.changed].map(
      (count) => showNumber(count),
    ),
  ]);
  const problems = report.lanes.flatMap((lane) => lane.problems.map((problem) => `  ${problem}\n`)).join("");
  return `${table(columns, rows)}${problems}${verdict(report, terminal)}\n`;
}

/** The verdict in one line. */
export function verdict(report: VerifyReport, terminal: Pick<Terminal, "paint">): string {
  if (report.ok)
    return `${terminal.paint("green", "✓")} verified: each of ${plural(report.received, "message")} is in the tables exactly once.`;
  const { changed, doubled, missing } = report;
  return `${terminal.paint("red", "✗")} not as the ledger says: ${plural(missing, "row")} missing, ${showNumber(doubled)} doubled, ${plural(changed, "ledger row")} changed.`;
}
