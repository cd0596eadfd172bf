import { Command } from "commander";
import { featureParity, type ParityDifference, type ParityReport } from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { EXIT } from "../../exit-codes.ts";
import { rangeOf } from "../../input/range-flags.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { positionLine } from "../../output/answer-lines.ts";
import { reportFormatOption, wholeNumber } from "../../output/formats.ts";
import { plural, showNumber } from "../../output/numbers.ts";
import { startProgress } from "../../output/progress.ts";
import { printable, table } from "../../output/table.ts";

interface Flags {
  readonly sample?: number;
  readonly last?: string;
  readonly seed?: number;
  readonly format: "text" | "json";
}

const LAST = "7d";

/** `hydrograph features parity`: whether features are served as they are trained. */
export function parityCommand(act: Act): Command {
  return new Command("parity")
    .description("Replay a sample of the past through the online path and through the training path, and compare the values.")
    .argument("<set>", "the feature set of the project")
    .option("--sample <n>", "pairs of entity and moment (default: 1,000)", wholeNumber)
    .option("--last <length>", `how far back the pairs lie: 24h, 30d, 3 months … (default: ${LAST})`)
    .option("--seed <n>", "draws other pairs (default: 0)", wholeNumber)
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExits with 3 if a value is served otherwise than it is trained. Missing is what the log did not hold yet at the moment, such as history that was imported later.\n\n" +
        "Example:\n  hydrograph features parity buyer --last 30d --sample 5000",
    )
    .action(act(parity));
}

async function parity(invocation: Invocation, name: string, { format, last, sample, seed }: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const { project } = config;
  const range = rangeOf(last === undefined ? {} : { last }, project.timezone, new Date(), LAST);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  const progress = startProgress(invocation.terminal, { what: "Asking again", unit: "pair" });
  try {
    const report = await featureParity(clickhouse, project, {
      features: name,
      ...range,
      signal: invocation.signal,
      onProgress: (done, total) => progress.update(done, `of ${total}`),
      ...(sample === undefined ? {} : { sample }),
      ...(seed === undefined ? {} : { seed }),
    });
    progress.finish();
    await invocation.terminal.write(format === "json" ? `${JSON.stringify(report)}\n` : describe(report));
    return report.ok ? EXIT.ok : EXIT.findings;
  } finally {
    progress.finish();
    await clickhouse.close();
  }
}

function describe({ byFeature, differences, features, moments, ok, pairs, watermark }: ParityReport): string {
  const columns = [{ title: "feature" }, ...["match", "mismatch", "missing"].map((title) => ({ title, align: "right" as const }))];
  const rows = byFeature.map(({ feature, match, mismatch, missing }) => [feature, ...[match, mismatch, missing].map(showNumber)]);
  const lacking = byFeature.some(({ missing }) => missing > 0);
  const verdict = ok ? "no value is served otherwise than it is trained" : "some values are served otherwise than they are trained";
  const wanting = lacking ? "; the missing rest on events that the log stored only later" : "";
  const head = `${features}: ${plural(pairs, "pair")} of entity and time at ${plural(moments, "moment")}: ${verdict}${wanting}.\n`;
  const first = differences.length === 0 ? "" : `\n${differencesTable(differences)}`;
  return `${head}\n${table(columns, rows)}${first}\n${positionLine(watermark)}\n`;
}

function differencesTable(differences: readonly ParityDifference[]): string {
  const columns = ["feature", "is", "entity", "T", "online", "training"].map((title) => ({ title }));
  const rows = differences.map(({ at, entity, feature, kind, online, training }) => {
    const whom = Object.values(entity).map(printable).join(", ");
    return [feature, kind, whom, at, shown(online), shown(training)];
  });
  return table(columns, rows);
}

/** Null, which is no value, is "–". */
function shown(value: string | number | null): string {
  return value === null ? "–" : printable(String(value));
}
