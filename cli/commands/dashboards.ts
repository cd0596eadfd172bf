import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Command } from "commander";
import { abandonedFiles, provisionedFiles, writeDashboards, type ProvisionedFile } from "../../dashboards/index.ts";
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
    .option("--check", "write nothing; exit with 3 if a file differs from what would be written, or would be removed")
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
  const files = await provisionedFiles(project);
  const changed = shown(await differing(target, files));
  const removed = shown(await abandonedFiles(project, target, files));
  const isCheck = flags.check === true;
  if (!isCheck) await writeDashboards(project, target);
  const folderShown = relative(process.cwd(), join(target, project.name));
  if (flags.format === "json") await invocation.terminal.write(`${JSON.stringify({ written: !isCheck, changed, removed })}\n`);
  else await invocation.terminal.write(summary(changed, removed, isCheck, folderShown));
  return isCheck && changed.length + removed.length > 0 ? EXIT.findings : EXIT.ok;
}

function shown(paths: readonly string[]): string[] {
  return paths.map((path) => relative(process.cwd(), path));
}

async function differing(target: string, files: readonly ProvisionedFile[]): Promise<string[]> {
  const paths: string[] = [];
  for (const { path, text } of files) {
    const file = join(target, path);
    if ((await readFile(file, "utf8").catch(() => undefined)) !== text) paths.push(file);
  }
  return paths;
}

function summary(changed: readonly string[], removed: readonly string[], check: boolean, folder: string): string {
  if (changed.length + removed.length === 0) return `The dashboards in ${folder} are up to date.\n`;
  const command = 'run "hydrograph dashboards build"';
  return (
    list(check ? `Out of date (${command}):` : "Written:", changed) +
    list(check ? `No longer the project's (${command}, which removes them):` : "Removed, as the project no longer has them:", removed)
  );
}

function list(head: string, paths: readonly string[]): string {
  return paths.length === 0 ? "" : `${head}\n${paths.map((path) => `  ${path}\n`).join("")}`;
}
