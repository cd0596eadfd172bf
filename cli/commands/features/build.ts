import { Command } from "commander";
import {
  buildSplitTrainingSet,
  buildTrainingSet,
  manifestPath,
  type PassPlan,
  type Spine,
  type Split,
  type TrainingSet,
} from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { isName } from "../../input/parse-as-of.ts";
import { parseWatermark } from "../../input/parse-watermark.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { positionLine } from "../../output/answer-lines.ts";
import { reportFormatOption } from "../../output/formats.ts";
import { plural, showBytes, showNumber } from "../../output/numbers.ts";
import { table } from "../../output/table.ts";
import { showStep } from "./show-step.ts";

interface Flags {
  readonly spine?: string;
  readonly each?: string;
  readonly carry?: string;
  readonly from?: string;
  readonly to?: string;
  readonly during?: string;
  readonly features: string;
  readonly out: string;
  readonly split?: string;
  readonly asOf?: string;
  readonly force?: boolean;
  readonly explain?: boolean;
  readonly format: "text" | "json";
}

/** `hydrograph features build`: a training set from label rows. */
export function buildCommand(act: Act): Command {
  return new Command("build")
    .description("Build a training set: every label row with the features that were known at its time, and a manifest to rebuild it.")
    .option("--spine <file>", "label rows with the columns entity and time: .csv, .ndjson or .parquet, or a SELECT in .sql")
    .option("--each <event>", "instead: each event of this type is a row, with its entity and time")
    .option("--carry <fields>", "with --each: fields of the event to keep as columns, separated by commas")
    .option("--from <time>", "with --each: the first time, e.g. 2026-11-01 (UTC)")
    .option("--to <time>", "with --each: the end, itself not counted")
    .option("--during <period>", 'with --each: instead of them, e.g. "last month"')
    .requiredOption("--features <name>", "the feature set of the project")
    .requiredOption("--out <file>", "what to write: .parquet, .arrow or .csv")
    .option("--split <rule>", "write two files, .train and .test: time:2026-10-01 (from then on is the test's) or entity:20%")
    .option(
      "--as-of <watermark>",
      "count nothing after this position of the log: a manifest, a watermark as JSON, or the name of a saved one",
    )
    .option("--force", "replace the file if it is there")
    .option("--explain", "show how the features were computed, and what the plain join would have formed")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph features build --spine labels.csv --features buyer --out train.parquet\n" +
        "  hydrograph features build --spine labels.csv --features buyer --out again.parquet --as-of train.parquet.manifest.json\n" +
        '  hydrograph features build --each order.placed --carry amount --during "last month" --features buyer --out train.parquet --split entity:20%',
    )
    .action(act(buildFeatures));
}

async function buildFeatures(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const spine = spineOf(flags);
  const asOf = flags.asOf === undefined || isName(flags.asOf) ? flags.asOf : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  const { terminal } = invocation;
  try {
    const request = {
      spine,
      features: flags.features,
      out: flags.out,
      force: flags.force === true,
      signal: invocation.signal,
      onStep: showStep(terminal),
      ...(asOf === undefined ? {} : { asOf }),
    };
    const sets =
      flags.split === undefined
        ? [await buildTrainingSet(clickhouse, config.project, request)]
        : await buildSplitTrainingSet(clickhouse, config.project, { ...request, split: flags.split as Split });
    await terminal.write(flags.format === "json" ? `${JSON.stringify(report(sets, flags))}\n` : describe(sets, flags));
    return EXIT.ok;
  } finally {
    if (terminal.interactive) terminal.redraw("");
    await clickhouse.close();
  }
}

/** @throws UsageError if the flags name no spine, or two */
function spineOf({ carry, during, each, from, spine, to }: Flags): Spine {
  if (spine !== undefined && each !== undefined) throw new UsageError("Give --spine or --each, not both.");
  if (spine !== undefined) {
    const stray = Object.entries({ carry, from, to, during }).find(([, value]) => value !== undefined);
    if (stray) throw new UsageError(`--${stray[0]} belongs to --each: the rows of a file are taken as they are.`);
    return { path: spine };
  }
  if (each === undefined) throw new UsageError("Which rows? Give a file of labels with --spine, or a type of event with --each.");
  return {
    each,
    ...(carry === undefined ? {} : { carry: carry.split(",").map((field) => field.trim()) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(during === undefined ? {} : { range: during }),
  };
}

function report(sets: readonly TrainingSet[], { explain, split }: Flags): object {
  const told = sets.map(({ manifest, path, plans }) => ({ path, manifest, ...(explain === true ? { plans } : {}) }));
  return split === undefined ? (told[0] ?? {}) : told;
}

function describe(sets: readonly TrainingSet[], { explain }: Flags): string {
  const [first] = sets;
  if (!first) return "";
  const columns = [{ title: "column" }, { title: "type" }, { title: "is" }, { title: "missing", align: "right" as const }];
  const missing = (index: number): number => sets.reduce((all, { manifest }) => all + (manifest.columns[index]?.nulls ?? 0), 0);
  const rows = first.manifest.columns.map(({ name, type, role }, index) => [name, type, role, showNumber(missing(index))]);
  const labels = sets.reduce((all, { manifest }) => all + manifest.rows, 0);
  const files = sets.flatMap(({ manifest, path }) => [
    `${path}: ${plural(manifest.rows, "row")}, ${showBytes(manifest.file.bytes)}, sha256 ${manifest.file.sha256.slice(0, 12)}…\n`,
    `${manifestPath(path)}: rebuilds it to the same bytes, ${positionLine(manifest.asOf)}\n`,
  ]);
  const plans = explain === true ? first.plans.map((plan) => `${planLine(plan, labels)}\n`) : [];
  return [table(columns, rows), "\n", ...files, ...plans].join("");
}

/** One sentence on how the features over one type of event were computed. */
function planLine({ event, pairs, hot, levels }: PassPlan, labels: number): string {
  const all = pairs === null ? "" : `, of about ${plural(pairs, "pair")} of label and event`;
  if (hot.entities === 0) return `${event}: labels joined with their events${all}.`;
  const tiles = `${plural(hot.events, "event")} of ${plural(hot.entities, "entity", "entities")} with long histories in ${plural(levels, "level")} of tiles, for ${plural(hot.labels, "label")}`;
  return `${event}: ${tiles}; the other ${plural(labels - hot.labels, "label")} joined with their events${all}.`;
}
