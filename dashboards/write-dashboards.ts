import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Project } from "../model/index.ts";
import { buildDashboards } from "./build-dashboards.ts";

/**
 * Writes a project's dashboards to `<folder>/<project>/`, where Grafana's file provisioning finds them; files of other names are left alone.
 * @returns the paths written
 */
export async function writeDashboards(project: Project, folder: string): Promise<string[]> {
  const target = join(folder, project.name);
  await mkdir(target, { recursive: true });
  const written = (await buildDashboards(project)).map(async ({ fileName, json }) => {
    const path = join(target, fileName);
    await writeFile(path, json);
    return path;
  });
  return Promise.all(written);
}
