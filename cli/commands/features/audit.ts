import { Command } from "commander";
import { auditTrainingSet, type TrainingAudit } from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { EXIT } from "../../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { reportFormatOption, wholeNumber } from "../../output/formats.ts";
import { plural } from "../../output/numbers.ts";
import { startProgress } from "../../output/progress.ts";
import { differencesTable } from "./differences-table.ts";

interface Flags {
  readonly labels?: number;
  readonly format: "text" | "json";
}

/** `hydrograph features audit`: whether a training set saw what was not known yet. */
export function auditCommand(act: Act): Command {
  return new Command("audit")
    .description("Look for leaks: work labels out again without anything that became known after them, and compare with the file.")
    .argument("<manifest>", "the file beside the training set, <file>.manifest.json")
    .option("--labels <n>", "how many labels, chosen by a hash (default: 30)", wholeNumber)
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExits with 3 if a value is another one.\n\nExample:\n  hydrograph features audit train.parquet.manifest.json --labels 200",
    )
    .action(act(audit));
}

async function audit(invocation: Invocation, manifest: string, { format, labels }: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  const progress = startProgress(invocation.terminal, { what: "Working labels out again", unit: "label" });
  try {
    const found = await auditTrainingSet(clickhouse, config.project, {
      manifest,
      signal: invocation.signal,
      onProgress: (done, total) => progress.update(done, `of ${total}`),
      ...(labels === undefined ? {} : { labels }),
    });
    progress.finish();
    await invocation.terminal.write(format === "json" ? `${JSON.stringify(found)}\n` : describe(found, manifest));
    return found.ok ? EXIT.ok : EXIT.findings;
  } finally {
    progress.finish();
    await clickhouse.close();
  }
}

function describe({ differences, knownLater, labels, ok }: TrainingAudit, path: string): string {
  const later = `${plural(knownLater, "event")} of their entities happened before them and became known after them`;
  if (ok) return `${path}: no leak in ${plural(labels, "label")}; ${later}, and none counted.\n`;
  return `${path}: without what became known later, values of ${plural(differences.length, "feature")} are others; ${later}.\n\n${differencesTable(differences)}`;
}
