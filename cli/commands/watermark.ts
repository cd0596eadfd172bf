import { Command } from "commander";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { removeWatermark, savedWatermarks, saveWatermark } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { parseAsOf } from "../input/parse-as-of.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { positionLine } from "../output/answer-lines.ts";
import { reportFormatOption } from "../output/formats.ts";
import { watermarksView } from "../output/watermarks-view.ts";

interface ReportFlags {
  readonly format: "text" | "json";
}

interface SaveFlags extends ReportFlags {
  readonly asOf?: string;
  readonly force?: boolean;
  readonly zone?: string;
}

/** `hydrograph watermark`: names for positions of the log. */
export function watermarkCommand(act: Act): Command {
  return new Command("watermark")
    .description("Names for positions of the log: --as-of takes them, and answers as of one never change.")
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph watermark save monday-report\n  hydrograph trend revenue --last 7d --as-of monday-report\n  hydrograph watermark list",
    )
    .addCommand(saveCommand(act))
    .addCommand(listCommand(act))
    .addCommand(removeCommand(act));
}

function saveCommand(act: Act): Command {
  return new Command("save")
    .description("Give a name to what the log holds now, or held then.")
    .argument("<name>", 'letters, digits, "-" and "_", beginning with a letter')
    .option(
      "--as-of <state>",
      "a time, a sequence, the JSON of an earlier answer, a watermark, or another name (default: all that is ingested)",
    )
    .option("--zone <zone>", "IANA zone of the time (default: the project's)")
    .option("--force", "replace what the name stands for")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nThe names are kept in ClickHouse. The JSON that this prints does for --as-of too, should ClickHouse be lost.\n\nExamples:\n  hydrograph watermark save monday-report\n" +
        "  hydrograph watermark save before-the-sale --as-of 2026-11-27\n  hydrograph watermark save closing --force --format json > closing.json",
    )
    .action(act(save));
}

async function save(invocation: Invocation, name: string, flags: SaveFlags): Promise<number> {
  return withClickHouse(invocation, async (clickhouse, project) => {
    const { force = false, zone: timezone = project.timezone } = flags;
    const asOf = flags.asOf === undefined ? {} : { asOf: await parseAsOf(flags.asOf, timezone, new Date()) };
    const saved = await saveWatermark(clickhouse, project, name, { ...asOf, force, timezone });
    return flags.format === "json" ? json(saved) : `${name} is saved: ${positionLine(saved.watermark)}\n`;
  });
}

function listCommand(act: Act): Command {
  return new Command("list")
    .description("List the saved watermarks.")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExample:\n  hydrograph watermark list --format json > watermarks.json")
    .action(act(list));
}

function list(invocation: Invocation, { format }: ReportFlags): Promise<number> {
  return withClickHouse(invocation, async (clickhouse, { timezone }) => {
    const watermarks = await savedWatermarks(clickhouse);
    return format === "json" ? json({ watermarks }) : watermarksView(watermarks, timezone);
  });
}

function removeCommand(act: Act): Command {
  return new Command("remove")
    .description("Give up a name; the log and all else stay as they are.")
    .argument("<name>", "as the list shows it")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExample:\n  hydrograph watermark remove monday-report")
    .action(act(remove));
}

function remove(invocation: Invocation, name: string, { format }: ReportFlags): Promise<number> {
  return withClickHouse(invocation, async (clickhouse) => {
    const removed = await removeWatermark(clickhouse, name);
    return format === "json" ? json({ removed }) : `${name} is removed; it was ${positionLine(removed.watermark)}\n`;
  });
}

function json(answer: object): string {
  return `${JSON.stringify(answer)}\n`;
}

async function withClickHouse(
  invocation: Invocation,
  work: (clickhouse: ClickHouse, project: Project) => Promise<string>,
): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    await invocation.terminal.write(await work(clickhouse, config.project));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}
