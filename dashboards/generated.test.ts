import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import git from "../examples/git/hydrograph.config.ts";
import shop from "../examples/shop/hydrograph.config.ts";
import { buildDashboards } from "./index.ts";

const committed = await Promise.all(
  [shop, git].map(async (project) => (await buildDashboards(project)).map((dashboard) => ({ project: project.name, ...dashboard }))),
);

test.each(committed.flat())("generated/$project/$fileName is what the config gives today", async ({ project, fileName, json }) => {
  const path = new URL(`generated/${project}/${fileName}`, import.meta.url);
  const found = await readFile(path, "utf8").catch(() => "");
  const how = `npx hydrograph dashboards build --config examples/${project}/hydrograph.config.ts --out dashboards/generated`;
  expect(found === json, `dashboards/generated/${project}/${fileName} is out of date: run "${how}" and commit the result.`).toBe(true);
});
