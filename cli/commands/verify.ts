import { Command } from "commander";
import { verify as verifyTables, type LaneReport, type LogCheck, type VerifyReport } from "../../ingest/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption, wholeNumber } from "../output/formats.ts";
import { plural, showNumber } from "../output/numbers.ts";
import { startProgress } from "../output/progress.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

interface Flags {
  readonly database?: string;
  readonly deep?: boolean;
  readonly stream?: string;
  readonly from?: number;
  readonly to?: number;
  readonly format: "text" | "json";
}

const HELP = `
With NATS in reach, the ledger is also compared with the workers' checkpoints: only they know whether its last rows are gone.
--deep tells whether the log still holds what was read. Messages deleted since are counted; they are no finding.
Exits with 3 if anything is missing, doubled, in no batch or changed.

Examples:
  hydrograph verify
  hydrograph verify --deep --stream SHOP --from 1000000 --to 2000000
  hydrograph verify --format json | jq .firstBad`;

/** `hydrograph verify`: the proof that each message of the log is in the tables once. */
export function verifyCommand(act: Act): Command {
  return new Command("verify")
    .description(
      "Prove that every message read from the log is in the tables once: as events, as a dead letter, or counted as a duplicate.",
    )
    .option("--database <name>", "verify this database, which a replay of the log has filled (default: the project's own)")
    .option("--deep", "read the log again, too, and compare each batch with the digest that was written when it went in")
    .option("--stream <name>", "this stream alone")
    .option("--from <seq>", "with --deep: from the batch with this sequence on", wholeNumber)
    .option("--to <seq>", "with --deep: up to the batch with this sequence", wholeNumber)
    .addOption(reportFormatOption())
    .addHelpText("after", HELP)
    .action(act(verify));
}

async function verify(invocation: Invocation, flags: Flags): Promise<number> {
  const { deep = false, from, stream, to } = flags;
  if (!deep && (from !== undefined || to !== undefined)) throw new UsageError("--from and --to say what --deep reads: add --deep.");
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config, {
    mayTakeLong: true,
    ...(flags.database === undefined ? {} : { database: flags.database }),
  });
  const { signal, terminal } = invocation;
  const progress = startProgress(terminal, { what: "Verifying", unit: "%", total: 100 });
  let jetstream: JetStream | undefined;
  try {
    jetstream = await (deep ? openJetStream(invocation, config) : reachJetStream(invocation, config));
    const report = await verifyTables({
      clickhouse,
      ...(jetstream ? { jetstream, project: config.project } : {}),
      ...(stream === undefined ? {} : { stream }),
      ...(deep ? { deep: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } } : {}),
      signal,
      onProgress: (share) => progress.update(Math.floor(share * 100)),
    });
    progress.finish();
    await terminal.write(flags.format === "json" ? `${JSON.stringify(report)}\n` : verifyView(report, terminal));
    return report.ok ? EXIT.ok : EXIT.findings;
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  } finally {
    progress.finish();
    await jetstream?.close();
    await clickhouse.close();
  }
}

/** The tables are worth verifying without NATS too; what is then left out is said. */
async function reachJetStream(invocation: Invocation, config: LoadedConfig): Promise<JetStream | undefined> {
  try {
    return await openJetStream(invocation, config);
  } catch (error) {
    if (invocation.flags.nats !== undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    invocation.terminal.note(
      `The ledger is not compared with the checkpoints in NATS, so a loss of its last rows would not be seen. ${reason}`,
    );
    return undefined;
  }
}

const COLUMNS: readonly { readonly title: string; readonly of: (lane: LaneReport) => number }[] = [
  { title: "committed", of: (lane) => lane.committed },
  { title: "received", of: (lane) => lane.received },
  { title: "inserted", of: (lane) => lane.inserted },
  { title: "dead letters", of: (lane) => lane.deadLettered },
  { title: "duplicates", of: (lane) => lane.duplicates },
  { title: "gone before read", of: (lane) => lane.deletedBeforeRead },
  { title: "missing", of: (lane) => lane.missing },
  { title: "doubled", of: (lane) => lane.doubled },
  { title: "in no batch", of: (lane) => lane.uncounted },
  { title: "changed", of: (lane) => lane.changed },
];

/** The report for reading: a line a lane, what is wrong, the verdict, and how to see the dead letters if there are any. */
export function verifyView(report: VerifyReport, terminal: Pick<Terminal, "paint">): string {
  if (report.lanes.length === 0) return "Nothing is ingested yet, so there is nothing to verify.\n";
  const columns = [{ title: "stream" }, ...COLUMNS.map(({ title }) => ({ title, align: "right" as const }))];
  const rows = report.lanes.map((lane) => [lane.stream, ...COLUMNS.map(({ of }) => showNumber(of(lane)))]);
  const problems = report.lanes.flatMap((lane) => lane.problems.map((problem) => `  ${problem}\n`)).join("");
  const why = report.openLetters > 0 ? "Why dead letters: hydrograph dlq list\n" : "";
  return `${table(columns, rows)}${problems}${logView(report.log)}${verdict(report, terminal)}\n${why}`;
}

/** The verdict in one line. */
export function verdict(report: VerifyReport, terminal: Pick<Terminal, "paint">): string {
  return report.ok ? `${terminal.paint("green", "✓")} ${praise(report)}` : `${terminal.paint("red", "✗")} ${blame(report)}`;
}

/** What came of reading the log again, in a line; nothing if it was not read. */
function logView(log: LogCheck | null): string {
  if (!log) return "";
  const gone = `${plural(log.gone, "message")} of ${plural(log.incomplete, "batch", "batches")} deleted since, so that these cannot be compared`;
  const parts = [
    `${plural(log.agreed, "batch", "batches")} as they were read`,
    ...(log.changed > 0 ? [`${plural(log.changed, "batch", "batches")} changed`] : []),
    ...(log.gone > 0 ? [gone] : []),
  ];
  return `The log: ${parts.join("; ")}.\n`;
}

function praise({
  deadLettered,
  deletedBeforeRead,
  discardedLetters,
  duplicates,
  leftOut,
  pending,
  received,
  replayedLetters,
}: VerifyReport): string {
  const remarks = [
    ...(deadLettered > 0 ? [`${showNumber(deadLettered)} of them as ${deadLettered === 1 ? "a dead letter" : "dead letters"}`] : []),
    ...(replayedLetters > 0 ? [`${plural(replayedLetters, "letter")} replayed since`] : []),
    ...(discardedLetters > 0 ? [`${plural(discardedLetters, "letter")} discarded`] : []),
    ...(duplicates > 0 ? [`${showNumber(duplicates)} of them counted as ${duplicates === 1 ? "a duplicate" : "duplicates"}`] : []),
    ...(deletedBeforeRead > 0 ? [`${plural(deletedBeforeRead, "sequence")} gone from the stream before they were read`] : []),
    ...(leftOut > 0 ? [`${plural(leftOut, "sequence")} left out by a replay that began later`] : []),
    ...(pending > 0 ? [`${plural(pending, "row")} of a batch under way not yet in the ledger`] : []),
  ];
  const proof = `verified: each of ${plural(received, "message")} is ${duplicates > 0 ? "accounted for" : "in the tables"} exactly once`;
  return `${[proof, ...remarks].join("; ")}.`;
}

function blame({ changed, doubled, firstBad, missing, uncounted }: VerifyReport): string {
  const found = [
    ...(missing > 0 ? [`${plural(missing, "row")} missing`] : []),
    ...(doubled > 0 ? [`${plural(doubled, "row")} doubled`] : []),
    ...(uncounted > 0 ? [`${plural(uncounted, "row")} in no batch`] : []),
    ...(changed > 0 ? [`${plural(changed, "batch", "batches")} changed`] : []),
  ];
  const sum = found.length === 0 ? "the ledger does not add up." : `not as the ledger says: ${found.join(", ")}.`;
  return firstBad ? `${sum} It begins with ${firstBad.problem}` : sum;
}
