import { Command } from "commander";
import { findFeatureSet } from "../../../queries/index.ts";
import { describeSets, type SetDescription } from "../../describe-sets.ts";
import { EXIT } from "../../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { reportFormatOption } from "../../output/formats.ts";
import { printable, table } from "../../output/table.ts";

/** `hydrograph features list`: what the columns of feature sets are. */
export function listCommand(act: Act): Command {
  return new Command("list")
    .description("List the features of the project's sets: type, unit, how each is worked out, and when it has no value.")
    .argument("[set]", "the name of one feature set")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExamples:\n  hydrograph features list\n  hydrograph features list buyer --format json")
    .action(act(listFeatures));
}

async function listFeatures(
  invocation: Invocation,
  name: string | undefined,
  { format }: { readonly format: "text" | "json" },
): Promise<number> {
  const { project } = await openConfig(invocation);
  const listed = describeSets(name === undefined ? project.features : [findFeatureSet(project, name)]);
  const text =
    listed.length === 0 ? "The config declares no features: see defineFeatures in docs/features.md.\n" : listed.map(listing).join("\n");
  await invocation.terminal.write(format === "json" ? `${JSON.stringify(listed)}\n` : text);
  return EXIT.ok;
}

function listing({ description, entity, features, name }: SetDescription): string {
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
