import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Project } from "../model/index.ts";
import { buildAlerts } from "./build-alerts.ts";
import { buildDashboards } from "./build-dashboards.ts";

/**
 * Writes a project's dashboards to `<folder>/<project>/` and its alerts to `<folder>/<project>/alerts/`, where Grafana's file provisioning finds them; files of other names are left alone.
 * @returns the paths written
 */
export async function writeDashboards(project: Project, folder: string): Promise<string[]> {
  const files = await provisionedFiles(project);
  await mkdir(join(folder, project.name, ALERTS_FOLDER), { recursive: true });
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
