import { Command } from "commander";
import type { FeatureDescription } from "../../../model/index.ts";
import { getFeatures, getFeaturesFile, type OnlineAnswer, type OnlineRequest } from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { ENTITY_HELP, readEntities, setNamed } from "../../input/entity-flags.ts";
import { parseAsOf } from "../../input/parse-as-of.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { positionLine } from "../../output/answer-lines.ts";
import { collect, refuseBinaryOnTerminal, rowFormatOption, type RowFormat } from "../../output/formats.ts";
import { printable, table } from "../../output/table.ts";

interface Flags {
  readonly entity?: readonly string[];
  readonly entities?: string;
  readonly at?: string;
  readonly asOf?: string;
  readonly format: RowFormat;
}

/** `hydrograph features get`: the features of entities now, or as they were known. */
export function getCommand(act: Act): Command {
  return new Command("get")
    .description("Get the features of entities as they are known now, or were at a past time: what a training set would have.")
    .argument("<set>", "the feature set of the project")
    .option("--entity <entity>", `${ENTITY_HELP}; may be given more than once`, collect)
    .option("--entities <file>", 'entities from a file, one a line; "-" for standard input')
    .option("--at <time>", "what was known then (default: now)")
    .option("--as-of <state>", "count what the log held then: a time, a sequence, a watermark, or the name of a saved one")
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph features get buyer --entity user-7 --entity user-8\n" +
        "  hydrograph features get buyer --entities users.txt --format arrow > now.arrow\n" +
        '  hydrograph features get visit --entity buyer=ann,shop=3 --at "2 hours ago"',
    )
    .action(act(getThem));
}

async function getThem(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const { signal, terminal } = invocation;
  refuseBinaryOnTerminal(terminal, flags.format);
  const config = await openConfig(invocation);
  const { project } = config;
  if (flags.entity === undefined && flags.entities === undefined)
    throw new UsageError("Whose features? Give --entity user-7, or a file of them, one a line, with --entities.");
  const request: OnlineRequest = {
    features: name,
    entities: await readEntities(flags, setNamed(project, name), signal),
    signal,
    ...(flags.at === undefined ? {} : { at: flags.at }),
    ...(flags.asOf === undefined ? {} : { asOf: await parseAsOf(flags.asOf, project.timezone, new Date()) }),
  };
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    if (flags.format === "text" || flags.format === "json") {
      const answer = await getFeatures(clickhouse, project, request);
      await terminal.write(flags.format === "json" ? `${JSON.stringify(answer)}\n` : describe(answer));
    } else await terminal.writeAll(await getFeaturesFile(clickhouse, project, request, flags.format));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

/** Entities as columns where they are few, for features are many; else one a line. */
function describe({ at, columns, entity, rows, watermark }: OnlineAnswer): string {
  const end = `\nat ${at}, ${positionLine(watermark)}\n`;
  const names = rows.map((row) => entity.map((part) => printable(String(row[part]))).join(", "));
  if (rows.length <= 3) {
    const titles = [{ title: "feature" }, ...names.map((title) => ({ title, align: "right" as const })), { title: "unit" }];
    const lines = columns.map((column) => [column.name, ...rows.map((row) => shown(row[column.name])), printable(column.unit ?? "")]);
    return table(titles, lines) + end;
  }
  const titles = [{ title: entity.join(", ") }, ...columns.map(({ name, type }) => ({ title: name, align: alignOf(type) }))];
  return (
    table(
      titles,
      rows.map((row, index) => [names[index] ?? "", ...columns.map(({ name }) => shown(row[name]))]),
    ) + end
  );
}

function alignOf(type: FeatureDescription["type"]): "left" | "right" {
  return type === "text" ? "left" : "right";
}

/** Null, which is no value, is "–". */
function shown(value: string | number | null | undefined): string {
  return value === null || value === undefined ? "–" : printable(String(value));
}
