import { Command } from "commander";
import { verifyTrainingSet, type TrainingVerdict } from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { EXIT } from "../../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { positionLine } from "../../output/answer-lines.ts";
import { reportFormatOption } from "../../output/formats.ts";
import { plural } from "../../output/numbers.ts";
import { differencesTable } from "./differences-table.ts";
import { showStep } from "./show-step.ts";

interface Flags {
  readonly spine?: string;
  readonly format: "text" | "json";
}

/** `hydrograph features verify`: whether a training set can be had again. */
export function verifyCommand(act: Act): Command {
  return new Command("verify")
    .description("Build a training set again from its manifest, and compare the bytes.")
    .argument("<manifest>", "the file beside the training set, <file>.manifest.json")
    .option("--spine <file>", "the label rows, if they are not where the manifest says")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExits with 3 if other bytes come out.\n\nExample:\n  hydrograph features verify train.parquet.manifest.json")
    .action(act(verify));
}

async function verify(invocation: Invocation, manifest: string, { format, spine }: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  const { terminal } = invocation;
  try {
    const verdict = await verifyTrainingSet(clickhouse, config.project, {
      manifest,
      signal: invocation.signal,
      onStep: showStep(terminal),
      ...(spine === undefined ? {} : { spine: { path: spine } }),
    });
    if (terminal.interactive) terminal.redraw("");
    await terminal.write(format === "json" ? `${JSON.stringify(verdict)}\n` : describe(verdict, manifest));
    return verdict.ok ? EXIT.ok : EXIT.findings;
  } finally {
    if (terminal.interactive) terminal.redraw("");
    await clickhouse.close();
  }
}

function describe({ differences, manifest, ok, problems }: TrainingVerdict, path: string): string {
  const rows = `${plural(manifest.rows, "row")}, ${positionLine(manifest.asOf)}`;
  if (ok) return `${path}: the same bytes come out again (${rows}, sha256 ${manifest.file.sha256.slice(0, 12)}…).\n`;
  const told = problems.map((problem) => `${path}: ${problem}\n`).join("");
  return differences.length === 0 ? told : `${told}\n${differencesTable(differences)}`;
}
