import { Command } from "commander";
import { describeFeatures, entityColumns, type FeatureSet, type Project } from "../../../model/index.ts";
import { adviseName } from "../../../queries/index.ts";
import { UsageError } from "../../errors.ts";
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
