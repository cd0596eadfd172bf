import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Command } from "commander";
import { provisionedFiles, writeDashboards, type ProvisionedFile } from "../../dashboards/index.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption } from "../output/formats.ts";
import { diffCommand, pushCommand } from "./dashboards-grafana.ts";

interface Flags {
  readonly check?: boolean;
  readonly out?: string;
  readonly format: "text" | "json";
}

/** `hydrograph dashboards build|diff|push`: Grafana dashboards from the project, into files or a running Grafana. */
export function dashboardsCommand(act: Act): Command {
  const build = new Command("build")
    .description("Write the project's Grafana dashboards and alerts, one folder a project, for Grafana's file provisioning.")
    .option("--out <folder>", "where to (default: dashboards/generated beside the config)")
    .option("--check", "write nothing; exit with 3 if a file differs from what would be written")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExamples:\n  hydrograph dashboards build\n  hydrograph dashboards build --check   # in CI")
    .action(act(buildAll));
  return new Command("dashboards")
    .description("Grafana dashboards as code.")
    .addCommand(build)
    .addCommand(diffCommand(act))
    .addCommand(pushCommand(act));
}

async function buildAll(invocation: Invocation, flags: Flags): Promise<number> {
  const { project, folder } = await openConfig(invocation);
  const target = flags.out ?? join(folder, "dashboards/generated");
  const outdated = await differing(target, await provisionedFiles(project));
  if (flags.check !== true) await writeDashboards(project, target);
  const shown = outdated.map((path) => relative(process.cwd(), path));
  if (flags.format === "json") await invocation.terminal.write(`${JSON.stringify({ written: flags.check !== true, changed: shown })}\n`);
  else await invocation.terminal.write(summary(shown, flags.check === true, relative(process.cwd(), join(target, project.name))));
  return flags.check === true && outdated.length > 0 ? EXIT.findings : EXIT.ok;
}

async function differing(target: string, files: readonly ProvisionedFile[]): Promise<string[]> {
  const paths: string[] = [];
  for (const { path, text } of files) {
    const file = join(target, path);
    if ((await readFile(file, "utf8").catch(() => undefined)) !== text) paths.push(file);
  }
  return paths;
}

function summary(changed: readonly string[], check: boolean, folder: string): string {
  if (changed.length === 0) return `The dashboards in ${folder} are up to date.\n`;
  const head = check ? 'Out of date (run "hydrograph dashboards build"):' : "Written:";
  return `${head}\n${changed.map((path) => `  ${path}\n`).join("")}`;
}
