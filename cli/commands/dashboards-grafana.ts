import { Command } from "commander";
import {
  abandonedIn,
  buildDashboards,
  compareDashboards,
  connectGrafana,
  type DashboardDifference,
  type Grafana,
} from "../../dashboards/index.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption } from "../output/formats.ts";

interface Flags {
  readonly grafana?: string;
  readonly folder?: string;
  readonly format: "text" | "json";
}

const HINT = "\nHYDROGRAPH_GRAFANA_TOKEN holds the token of a service account of Grafana that may write dashboards.\n\nExamples:\n";

/** `hydrograph dashboards diff`: what `push` would change. */
export function diffCommand(act: Act): Command {
  return withGrafana("diff")
    .description("Tell what pushing the dashboards would change in a running Grafana; exit with 3 if anything.")
    .addHelpText("after", `${HINT}  hydrograph dashboards diff --grafana http://127.0.0.1:3000`)
    .action(act(diff));
}

/** `hydrograph dashboards push`: the dashboards into a running Grafana. */
export function pushCommand(act: Act): Command {
  return withGrafana("push")
    .description(
      "Write the project's dashboards into a running Grafana; those that are as they should be are left alone, those that the project no longer has deleted.",
    )
    .option("--folder <uid>", "uid of the folder of Grafana that new ones go to (default: the general one)")
    .addHelpText("after", `${HINT}  hydrograph dashboards push --grafana http://127.0.0.1:3000 --folder shop`)
    .action(act(push));
}

function withGrafana(name: string): Command {
  return new Command(name).option("--grafana <url>", "where Grafana is (default: $HYDROGRAPH_GRAFANA_URL)").addOption(reportFormatOption());
}

/** How Grafana's copy of a dashboard differs from the one that is wanted; none is wanted in the place of an abandoned one. */
interface Compared {
  readonly difference: DashboardDifference;
  readonly dashboard?: Readonly<Record<string, unknown>>;
}

async function compared(invocation: Invocation, flags: Flags): Promise<{ grafana: Grafana; all: readonly Compared[] }> {
  const { grafanaToken, grafanaUrl } = invocation.environment;
  const url = flags.grafana ?? grafanaUrl;
  if (url === undefined) throw new UsageError("Name Grafana with --grafana or HYDROGRAPH_GRAFANA_URL.");
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new UsageError(`--grafana is "${url}": write it like "http://127.0.0.1:3000".`);
  if (grafanaToken === undefined) throw new UsageError("Set HYDROGRAPH_GRAFANA_TOKEN to the token of a service account of Grafana.");
  const { project } = await openConfig(invocation);
  const grafana = connectGrafana(url, grafanaToken, invocation.signal);
  const all: Compared[] = [];
  for (const { json, uid } of await buildDashboards(project)) {
    const dashboard = JSON.parse(json) as Readonly<Record<string, unknown>>;
    all.push({ dashboard, difference: compareDashboards(dashboard, await grafana.read(uid)) });
  }
  const abandoned = await abandonedIn(grafana, project, new Set(all.map(({ difference }) => difference.uid)));
  return { grafana, all: [...all, ...abandoned.map((difference) => ({ difference }))] };
}

async function diff(invocation: Invocation, flags: Flags): Promise<number> {
  const { all } = await compared(invocation, flags);
  const differences = all.map(({ difference }) => difference);
  await invocation.terminal.write(flags.format === "json" ? `${JSON.stringify(differences)}\n` : differences.map(told).join(""));
  return differences.every(({ change }) => change === "same") ? EXIT.ok : EXIT.findings;
}

async function push(invocation: Invocation, flags: Flags): Promise<number> {
  const { all, grafana } = await compared(invocation, flags);
  for (const each of all) {
    const { difference } = each;
    const url = await put(grafana, each, flags.folder);
    await invocation.terminal.write(
      flags.format === "json" ? `${JSON.stringify({ ...difference, url: url ?? null })}\n` : done(difference, url),
    );
  }
  return EXIT.ok;
}

/** Makes Grafana's copy what it should be. @returns where it was written to, if it was */
async function put(grafana: Grafana, { dashboard, difference }: Compared, folder: string | undefined): Promise<string | undefined> {
  if (!dashboard) await grafana.remove(difference.uid);
  if (!dashboard || difference.change === "same") return undefined;
  return grafana.write(dashboard, { message: "hydrograph dashboards push", ...(folder === undefined ? {} : { folderUid: folder }) });
}

function done(difference: DashboardDifference, url: string | undefined): string {
  if (difference.change === "abandoned") return `${difference.title}: deleted, as the project no longer has it\n`;
  return url === undefined ? told(difference) : `${difference.title}: written, ${url}\n`;
}

function told({ added, change, changed, removed, title }: DashboardDifference): string {
  if (change === "same") return `${title}: as it should be\n`;
  if (change === "abandoned") return `${title}: the project no longer has it, and push deletes it\n`;
  if (change === "new") return `${title}: new, with ${added.length} panels and rows\n`;
  const lines = [
    ...added.map((name) => `  + ${name}\n`),
    ...removed.map((name) => `  - ${name}\n`),
    ...changed.map((name) => `  ~ ${name}\n`),
  ];
  return `${title}: differs\n${lines.join("")}`;
}
