import { Command } from "commander";
import { describeFeatures, entityColumns, type FeatureSet, type Project } from "../../model/index.ts";
import { adviseName, buildTrainingSet, findSavedWatermark, manifestPath, type PassPlan, type TrainingSet } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { isName } from "../input/parse-as-of.ts";
import { parseWatermark } from "../input/parse-watermark.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { positionLine } from "../output/answer-lines.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showBytes, showNumber } from "../output/numbers.ts";
import { printable, table } from "../output/table.ts";

interface Flags {
  readonly spine: string;
  readonly features: string;
  readonly out: string;
  readonly asOf?: string;
  readonly force?: boolean;
  readonly explain?: boolean;
  readonly format: "text" | "json";
}

const STEPS = { spine: "Reading the spine …", features: "Computing the features …", file: "Writing the file …" } as const;

/** `hydrograph features`: training sets from label rows, and what the columns of feature sets are. */
export function featuresCommand(act: Act): Command {
  return new Command("features")
    .description("Feature tables for machine learning.")
    .addCommand(buildCommand(act))
    .addCommand(listCommand(act));
}

function buildCommand(act: Act): Command {
  return new Command("build")
    .description("Build a training set: every label row with the features that were known at its time, and a manifest to rebuild it.")
    .requiredOption("--spine <file>", "label rows with the columns entity and time: .csv, .ndjson or .parquet")
    .requiredOption("--features <name>", "the feature set of the project")
    .requiredOption("--out <file>", "what to write: .parquet, .arrow or .csv")
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
        "  hydrograph features build --spine labels.csv --features buyer --out again.parquet --as-of train.parquet.manifest.json",
    )
    .action(act(buildFeatures));
}

function listCommand(act: Act): Command {
  return new Command("list")
    .description("List the features of the project's sets: type, unit, how each is worked out, and when it has no value.")
    .argument("[set]", "the name of one feature set")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExamples:\n  hydrograph features list\n  hydrograph features list buyer --format json")
    .action(act(listFeatures));
}

async function listFeatures(invocation: Invocation, name: string | undefined, { format }: Pick<Flags, "format">): Promise<number> {
  const { project } = await openConfig(invocation);
  const sets = name === undefined ? project.features : [findSet(project, name)];
  const listed = sets.map((set) => ({
    name: set.name,
    description: set.description ?? null,
    entity: entityColumns(set),
    features: describeFeatures(set),
  }));
  const text =
    listed.length === 0 ? "The config declares no features: see defineFeatures in docs/features.md.\n" : listed.map(listing).join("\n");
  await invocation.terminal.write(format === "json" ? `${JSON.stringify(listed)}\n` : text);
  return EXIT.ok;
}

function findSet({ features, name: project }: Project, wanted: string): FeatureSet {
  const found = features.find(({ name }) => name === wanted);
  if (found) return found;
  const names = features.map(({ name }) => name);
  throw new UsageError(
    `Project "${project}" has no feature set "${wanted}": ${adviseName(wanted, names, `there are: ${names.join(", ") || "none"}.`)}`,
  );
}

interface Listed {
  readonly name: string;
  readonly description: string | null;
  readonly entity: ReturnType<typeof entityColumns>;
  readonly features: ReturnType<typeof describeFeatures>;
}

function listing({ description, entity, features, name }: Listed): string {
  const whom = entity.map((column) => (column.name === "entity" ? column.field : `${column.name} (${column.field})`)).join(", ");
  const head = `${name}   of ${whom}${description === null ? "" : `: ${printable(description)}`}`;
  const columns = [{ title: "feature" }, { title: "type" }, { title: "unit" }, { title: "is" }, { title: "null if" }];
  const rows = features.map((feature) => [
    feature.name,
    feature.type,
    printable(feature.unit ?? ""),
    printable(feature.description === null ? feature.definition : `${feature.definition} (${feature.description})`),
    feature.missing ?? "never",
  ]);
  return `${head}\n\n${table(columns, rows)}`;
}

async function buildFeatures(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const name = flags.asOf !== undefined && isName(flags.asOf) ? flags.asOf : undefined;
  const given = flags.asOf === undefined || name !== undefined ? undefined : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config);
  const { terminal } = invocation;
  try {
    const asOf = name === undefined ? given : (await findSavedWatermark(clickhouse, name)).watermark;
    const built = await buildTrainingSet(clickhouse, config.project, {
      spine: { path: flags.spine },
      features: flags.features,
      out: flags.out,
      force: flags.force === true,
      signal: invocation.signal,
      onStep: (step) => {
        if (terminal.interactive) terminal.redraw(STEPS[step]);
      },
      ...(asOf ? { asOf } : {}),
    });
    await terminal.write(flags.format === "json" ? `${JSON.stringify(report(built, flags))}\n` : describe(built, flags));
    return EXIT.ok;
  } finally {
    if (terminal.interactive) terminal.redraw("");
    await clickhouse.close();
  }
}

function report({ path, manifest, plans }: TrainingSet, { explain }: Flags): object {
  return { path, manifest, ...(explain === true ? { plans } : {}) };
}

function describe({ path, manifest, plans }: TrainingSet, { explain }: Flags): string {
  const columns = [{ title: "column" }, { title: "type" }, { title: "is" }, { title: "missing", align: "right" as const }];
  const rows = manifest.columns.map(({ name, type, role, nulls }) => [name, type, role, showNumber(nulls)]);
  return [
    table(columns, rows),
    `\n${path}: ${plural(manifest.rows, "row")}, ${showBytes(manifest.file.bytes)}, sha256 ${manifest.file.sha256.slice(0, 12)}…\n`,
    `${manifestPath(path)}: rebuilds it to the same bytes, ${positionLine(manifest.asOf)}\n`,
    ...(explain === true ? plans.map((plan) => `${planLine(plan, manifest.rows)}\n`) : []),
  ].join("");
}

/** One sentence on how the features over one type of event were computed. */
function planLine({ event, pairs, hot, levels }: PassPlan, labels: number): string {
  const all = pairs === null ? "" : `, of about ${plural(pairs, "pair")} of label and event`;
  if (hot.entities === 0) return `${event}: labels joined with their events${all}.`;
  const tiles = `${plural(hot.events, "event")} of ${plural(hot.entities, "entity", "entities")} with long histories in ${plural(levels, "level")} of tiles, for ${plural(hot.labels, "label")}`;
  return `${event}: ${tiles}; the other ${plural(labels - hot.labels, "label")} joined with their events${all}.`;
}
