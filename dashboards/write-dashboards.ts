import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Project } from "../model/index.ts";
import { buildAlerts } from "./build-alerts.ts";
import { buildDashboards } from "./build-dashboards.ts";
import { dashboardUid } from "./frames.ts";

/**
 * Writes a project's dashboards to `<folder>/<project>/` and its alerts to `<folder>/<project>/alerts/`, where Grafana's file provisioning finds them, and removes dashboards that were written there
 * and that the project no longer has: they would go on being shown. Other files are left alone.
 * @returns the paths written
 */
export async function writeDashboards(project: Project, folder: string): Promise<string[]> {
  const files = await provisionedFiles(project);
  await mkdir(join(folder, project.name, ALERTS_FOLDER), { recursive: true });
  for (const path of await abandonedFiles(project, folder, files)) await rm(path, { force: true });
  const written = files.map(async ({ path, text }) => {
    const target = join(folder, path);
    await writeFile(target, text);
    return target;
  });
  return Promise.all(written);
}

/** A file of Grafana's provisioning. */
export interface ProvisionedFile {
  /** Below the folder of all projects, e.g. "shop/overview.json". */
  readonly path: string;
  readonly text: string;
}

/** In a folder of their own, and not as .json: Grafana takes every such file beside the dashboards for one more. */
const ALERTS_FOLDER = "alerts";

/** The dashboards and alerts of a project as files. */
export async function provisionedFiles(project: Project): Promise<readonly ProvisionedFile[]> {
  const dashboards = (await buildDashboards(project)).map(({ fileName, json }) => ({ path: `${project.name}/${fileName}`, text: json }));
  return [...dashboards, { path: `${project.name}/${ALERTS_FOLDER}/alerts.yaml`, text: buildAlerts(project) }];
}

/** Paths of dashboards that were written for the project and are none of its files: of a metric that was renamed, say. A dashboard that somebody made out of one, with a uid or file name of its own, is none. */
export async function abandonedFiles(project: Project, folder: string, files: readonly ProvisionedFile[]): Promise<string[]> {
  const here = join(folder, project.name);
  const kept = new Set(files.map(({ path }) => join(folder, path)));
  const names = await readdir(here).catch((): string[] => []);
  const others = names.filter((name) => name.endsWith(".json")).map((name) => join(here, name));
  const abandoned: string[] = [];
  for (const path of others) if (!kept.has(path) && (await isOurs(project, path))) abandoned.push(path);
  return abandoned.toSorted();
}

/** Whether a file holds a dashboard as it is written for a project under that name. */
async function isOurs(project: Project, path: string): Promise<boolean> {
  try {
    const { tags, uid } = JSON.parse(await readFile(path, "utf8")) as { readonly tags?: unknown; readonly uid?: unknown };
    const isTagged = Array.isArray(tags) && tags[0] === "hydrograph" && tags[1] === project.name;
    return isTagged && uid === dashboardUid(project, { key: basename(path, ".json") });
  } catch {
    return false;
  }
}
