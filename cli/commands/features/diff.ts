import { Command } from "commander";
import { diffTrainingSets, type TrainingDifference } from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { EXIT } from "../../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { reportFormatOption } from "../../output/formats.ts";
import { differencesTable } from "./differences-table.ts";

/** `hydrograph features diff`: what changed from one training set to another, and why. */
export function diffCommand(act: Act): Command {
  return new Command("diff")
    .description("Say what changed from one training set to another, and why: definition, data, spine or versions.")
    .argument("<before>", "the manifest beside the one")
    .argument("<after>", "the manifest beside the other")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExample:\n  hydrograph features diff october.parquet.manifest.json november.parquet.manifest.json")
    .action(act(diff));
}

async function diff(
  invocation: Invocation,
  before: string,
  after: string,
  { format }: { readonly format: "text" | "json" },
): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    const found = await diffTrainingSets(clickhouse, before, after);
    await invocation.terminal.write(format === "json" ? `${JSON.stringify(found)}\n` : describe(found));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

function describe({ data, definition, same, spine, values, versions }: TrainingDifference): string {
  const reasons = Object.entries({ definition, data, spine, versions }).flatMap(([what, sentences]) =>
    sentences.map((sentence) => `${what}: ${sentence}\n`),
  );
  const told = reasons.join("");
  if (same) return `The files are the same, byte for byte.\n${told}`;
  if (!values) return `${told}The rows are others, so they are not compared one by one.\n`;
  if (values.length === 0) return `${told}The features of both have the same values.\n`;
  return `${told}\n${differencesTable(values)}`;
}
