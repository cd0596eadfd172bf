import { Command, InvalidArgumentError, Option } from "commander";
import { driftOfFeatures, keepDrift, type DriftAnswer, type FeatureDrift } from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { isName } from "../../input/parse-as-of.ts";
import { parseWatermark } from "../../input/parse-watermark.ts";
import { rangeOf, rangeOptions, type RangeFlags } from "../../input/range-flags.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { aboveZero, wholeNumber } from "../../output/formats.ts";
import { plural, showNumber } from "../../output/numbers.ts";
import { printable, table } from "../../output/table.ts";
import { showStep } from "./show-step.ts";

interface Flags extends RangeFlags {
  readonly spine?: string;
  readonly sample?: number;
  readonly seed?: number;
  readonly asOf?: string;
  readonly zone?: string;
  readonly failAbove?: number;
  readonly keep?: boolean;
  readonly format: "text" | "json" | "csv";
}

/** `hydrograph features drift`: how far features have moved from what a model was trained on. */
export function driftCommand(act: Act): Command {
  const command = new Command("drift")
    .description("Compare the features of recent rows with the bins frozen in a training set's manifest: PSI, share of nulls, mean.")
    .argument("<manifest>", "the file beside the training set, <file>.manifest.json");
  return rangeOptions(command, "7d")
    .option("--spine <file>", "label rows to compare, instead of a range: .csv, .ndjson, .parquet, or a SELECT in .sql")
    .option("--sample <n>", "the most rows of a range; of more, as many are chosen by a hash (default: 100000)", wholeNumber)
    .option("--seed <n>", "another one chooses others (default: 1)", seedNumber)
    .option("--as-of <watermark>", "count nothing after this position of the log, as features build takes it")
    .option("--fail-above <psi>", "exit with 3 if a feature's PSI is higher, and higher than chance takes it: 0.25, say", aboveZero)
    .option("--keep", "add the answer to the table feature_drift, which Grafana's dashboard of the features draws")
    .addOption(new Option("--format <format>", "of the answer").choices(["text", "json", "csv"]).default("text"))
    .addHelpText(
      "after",
      "\nBelow a PSI of 0.1 a feature is called stable, from 0.25 on drifted, between them moved; unclear is what so few rows reach by chance.\n" +
        "\nExamples:\n  hydrograph features drift train.parquet.manifest.json --last 7d --fail-above 0.25\n" +
        "  hydrograph features drift train.parquet.manifest.json --during yesterday --keep\n" +
        "  hydrograph features drift train.parquet.manifest.json --spine scored-today.csv --format json",
    )
    .action(act(drift));
}

function seedNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be a whole number from 0.");
  return value;
}

async function drift(invocation: Invocation, manifest: string, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const rows = rowsOf(flags, config.project.timezone);
  const asOf = flags.asOf === undefined || isName(flags.asOf) ? flags.asOf : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  const { terminal } = invocation;
  try {
    const answer = await driftOfFeatures(clickhouse, config.project, {
      manifest,
      ...rows,
      signal: invocation.signal,
      onStep: showStep(terminal),
      ...(asOf === undefined ? {} : { asOf }),
      ...(flags.sample === undefined ? {} : { sample: flags.sample }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    });
    if (flags.keep === true) await keepDrift(clickhouse, answer);
    if (terminal.interactive) terminal.redraw("");
    await terminal.write(SHOWN[flags.format](answer, manifest));
    return flags.failAbove !== undefined && worst(answer.drift, flags.failAbove) ? EXIT.findings : EXIT.ok;
  } finally {
    if (terminal.interactive) terminal.redraw("");
    await clickhouse.close();
  }
}

/** @throws UsageError if the flags name label rows and a range */
function rowsOf({ spine, zone, ...range }: Flags, timezone: string): { spine: { path: string } } | { from: number; to: number } {
  if (spine === undefined) return rangeOf(range, zone ?? timezone, new Date(), "7d");
  const { during, from, last, since, to } = range;
  if ([during, from, last, since, to].some((flag) => flag !== undefined))
    throw new UsageError("Give --spine or a range of time, not both: the rows of a file are taken as they are.");
  return { spine: { path: spine } };
}

function worst(features: readonly FeatureDrift[], bound: number): boolean {
  return features.some(({ chance, psi }) => psi > bound && psi > chance);
}

const SHOWN = {
  json: (answer: DriftAnswer): string => `${JSON.stringify(answer)}\n`,
  csv: csvText,
  text: describe,
} as const;

function right(title: string): { title: string; align: "right" } {
  return { title, align: "right" };
}

function describe(answer: DriftAnswer, path: string): string {
  const { chosen, drift: features, from, rows, spine, to } = answer;
  const choice = chosen ? `, chosen out of ${showNumber(chosen.outOf)} by seed ${chosen.seed}` : "";
  const compared = `${spine}, ${from.slice(0, 19)}Z to ${to.slice(0, 19)}Z`;
  const head = `${path}: ${plural(rows.before, "row")} of the training set beside ${plural(rows.now, "row")} of today (${compared}${choice}).\n\n`;
  const columns = [
    { title: "feature" },
    right("PSI"),
    right("by chance"),
    { title: "verdict" },
    right("null before"),
    right("null now"),
    right("mean before"),
    right("mean now"),
    { title: "moved most" },
  ];
  const ordered = features.toSorted((a, b) => b.psi - a.psi);
  const lines = ordered.map((feature) => {
    const { chance, mean, nullRate, psi, verdict } = feature;
    const shares = [nullRate.before, nullRate.now].map(percent);
    return [
      feature.feature,
      psi.toFixed(3),
      chance.toFixed(3),
      verdict,
      ...shares,
      showNumber(mean.before),
      showNumber(mean.now),
      printable(movedMost(feature)),
    ];
  });
  return `${head}${table(columns, lines)}`;
}

/** The bin whose share has changed most, and how. */
function movedMost({ bins, psi }: FeatureDrift): string {
  const [most] = bins.toSorted((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before));
  return most && psi > 0 ? `${most.bin}: ${percent(most.before)} → ${percent(most.now)}` : "";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A line a feature, without its bins. */
function csvText({ drift: features, from, rows, to }: DriftAnswer): string {
  const names = [
    "feature",
    "psi",
    "chance",
    "verdict",
    "null_before",
    "null_now",
    "mean_before",
    "mean_now",
    "rows_before",
    "rows_now",
    "from",
    "to",
  ];
  const lines = features.map(({ chance, feature, mean, nullRate, psi, verdict }) =>
    [feature, psi, chance, verdict, nullRate.before, nullRate.now, mean.before ?? "", mean.now ?? "", rows.before, rows.now, from, to].join(
      ",",
    ),
  );
  return `${[names.join(","), ...lines].join("\n")}\n`;
}
