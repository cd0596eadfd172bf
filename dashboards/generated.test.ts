import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import git from "../examples/git/hydrograph.config.ts";
import market from "../examples/market/hydrograph.config.ts";
import shop from "../examples/shop/hydrograph.config.ts";
import { provisionedFiles } from "./index.ts";

const committed = (
  await Promise.all(
    [shop, git, market].map(async (project) => (await provisionedFiles(project)).map((file) => ({ project: project.name, ...file }))),
  )
).flat();

test.each(committed)("generated/$path is what the config gives today", async ({ path, project, text }) => {
  const found = await readFile(new URL(`generated/${path}`, import.meta.url), "utf8").catch(() => "");
  const how = `npx hydrograph dashboards build --config examples/${project}/hydrograph.config.ts --out dashboards/generated`;
  expect(found === text, `dashboards/generated/${path} is out of date: run "${how}" and commit the result.`).toBe(true);
});
