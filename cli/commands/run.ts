import { Command } from "commander";
import type { SavedQuery } from "../../model/index.ts";
import { findQuery, isQuestionKind, runQuery, savedRequest, type RunOptions } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { ingestedUntil } from "../ingested-until.ts";
import { parseAsOf } from "../input/parse-as-of.ts";
import { parseInstant, rangeOf } from "../input/range-flags.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { refuseBinaryOnTerminal } from "../output/formats.ts";
import { printable, table } from "../output/table.ts";
import { questionOptions, writeAnswer, type QuestionFlags } from "../question.ts";
import { questionForm } from "../questions/question-kinds.ts";

/** `hydrograph run`: questions that the config has saved. */
export function runCommand(act: Act): Command {
  const command = new Command("run")
    .description(
      "Ask a question that the config saves with defineQuery, as it was saved or about another range; without a name: list them.",
    )
    .argument("[name]", "the name of the query");
  return questionOptions(command, "the range that was saved")
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph run\n  hydrograph run orders_by_country\n  hydrograph run orders_by_country --last 7d --as-of yesterday --format csv > orders.csv",
    )
    .action(act(run));
}

async function run(invocation: Invocation, name: string | undefined, flags: QuestionFlags): Promise<number> {
  const { signal, terminal } = invocation;
  const { format } = flags;
  refuseBinaryOnTerminal(terminal, format);
  const config = await openConfig(invocation);
  const { project } = config;
  if (name === undefined) return list(invocation, project.queries, flags);
  const query = findQuery(project, name);
  const { ask: kind } = query;
  if (!isQuestionKind(kind)) throw new Error(`The config was loaded with a question that there is not: ${kind}.`);
  const options = await optionsOf(flags, query, project.timezone);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    const isPast = savedRequest(query, options)["asOf"] !== undefined;
    const until = isPast ? undefined : await ingestedUntil(invocation, config, clickhouse);
    const answer = await runQuery(
      clickhouse,
      project,
      { ...query, ask: kind },
      { ...options, signal, ...(until ? { ingestedUntil: until } : {}) },
    );
    await writeAnswer(invocation, clickhouse, answer, format, questionForm(kind).view);
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

/** What the flags say other than was saved. @throws UsageError if one makes no sense */
async function optionsOf(flags: QuestionFlags, query: SavedQuery, zone: string): Promise<RunOptions> {
  const now = new Date();
  const saved = query.request["timezone"];
  const timezone = flags.zone ?? (typeof saved === "string" ? saved : zone);
  if (flags.asOf !== undefined && query.ask === "revisions")
    throw new UsageError(`--as-of: "${query.name}" asks for revisions, which compare the present with the past: leave it out.`);
  return {
    ...rangeOptionsOf(flags, query, timezone, now),
    ...(flags.zone === undefined ? {} : { timezone }),
    ...(flags.asOf === undefined ? {} : { asOf: await parseAsOf(flags.asOf, timezone, now) }),
  };
}

function rangeOptionsOf(flags: QuestionFlags, { name, request }: SavedQuery, zone: string, now: Date): RunOptions {
  const { during, from, last, since, to } = flags;
  if ([during, from, last, since].some((flag) => flag !== undefined)) return rangeOf(flags, zone, now, "");
  if (to === undefined) return {};
  if (request["from"] === undefined) throw new UsageError(`--to: "${name}" has no fixed beginning: give --from or --last too.`);
  return { from: request["from"] as string | number, to: parseInstant(to, zone, "--to", now) };
}

/** The queries there are, for reading or as JSON. */
async function list({ terminal }: Invocation, queries: readonly SavedQuery[], { format }: QuestionFlags): Promise<number> {
  if (format !== "text" && format !== "json")
    throw new UsageError(`The list of queries comes as text or json: name a query for ${format}.`);
  const rows = queries.map(({ ask, description, name }) => [name, ask, printable(description ?? "")]);
  const text =
    rows.length === 0
      ? "The config saves no queries: see defineQuery in docs/guide.md.\n"
      : table([{ title: "query" }, { title: "asks" }, { title: "" }], rows);
  await terminal.write(format === "json" ? `${JSON.stringify(queries)}\n` : text);
  return EXIT.ok;
}
