import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "./load-config.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const good = `import { count, defineEvent, defineMetric, defineProject } from "hydrograph";
import { z } from "zod";
const orderPlaced = defineEvent({ type: "order.placed", data: z.object({ amount: z.number() }) });
const orders = defineMetric({ name: "orders", event: orderPlaced, measure: count() });
export default defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [orderPlaced], metrics: [orders] });
`;

/** A user's project: the package and zod are installed, and package.json says which kind of module a file is. */
async function userProject(folder: string, packageJson: object): Promise<string> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await symlink(root, join(folder, "node_modules/hydrograph"));
  await symlink(join(root, "node_modules/zod"), join(folder, "node_modules/zod"));
  await writeFile(join(folder, "package.json"), JSON.stringify(packageJson));
  return folder;
}

describe("loadConfig", () => {
  let base = "";
  let folder = "";
  let files = 0;

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), "hydrograph-config-"));
    folder = await userProject(join(base, "esm"), { type: "module" });
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  /** Writes a config of its own name, as modules are loaded once a name. */
  async function config(text: string, into = folder): Promise<string> {
    const file = join(into, `config-${files++}.ts`);
    await writeFile(file, text);
    return file;
  }

  it("loads TypeScript without a build step", async () => {
    const file = await config(good);
    const { project, ...where } = await loadConfig(file);
    expect(project).toMatchObject({ name: "shop", timezone: "UTC", metrics: [{ name: "orders", grain: "1 minute" }] });
    expect(where).toEqual({ file, folder });
  });

  it("loads it as well where package.json does not say that files are modules", async () => {
    const commonJs = await userProject(join(base, "cjs"), {});
    expect((await loadConfig(await config(good, commonJs))).project.name).toBe("shop");
    await expect(loadConfig(await config("export const project = 1;", commonJs))).rejects.toThrow(/has no default export/);
  });

  it("names a file that is not there", async () => {
    await expect(loadConfig(join(folder, "absent.ts"))).rejects.toThrow(/absent\.ts: there is no such config file/);
  });

  it("says where the syntax is wrong", async () => {
    const file = await config("import { count } from 'hydrograph';\nexport default {{");
    await expect(loadConfig(file)).rejects.toThrow(`${file}: line 2, column 16: Expected identifier but found "{".`);
  });

  it.each([
    ["export const project = {};", /: has no default export: end it with "export default defineProject/],
    [
      'import { x } from "no-such-package-at-all"; export default x;',
      /imports "no-such-package-at-all", which is not installed: run "npm install/,
    ],
    ['import { x } from "./absent.ts"; export default x;', /imports ".*absent\.ts", which does not exist/],
    ['throw new Error("no weather today"); export default 1;', /: fails when loaded: no weather today\.$/],
    [
      'import { definePrognosis } from "hydrograph"; export default definePrognosis();',
      /does not provide an export named 'definePrognosis'/,
    ],
    ["export default 5;", /: the default export: /],
  ])("says what is wrong with %s", async (text, sentence) => {
    await expect(loadConfig(await config(text))).rejects.toThrow(sentence);
  });

  it("lists every broken rule with its place", async () => {
    const file = await config(
      good.replace('name: "orders"', 'name: "Orders"').replace("events: [orderPlaced], metrics: [orders]", "events: [], metrics: [orders]"),
    );
    const error = await loadConfig(file).then(
      () => new Error("it loaded"),
      (problem: Error) => problem,
    );
    expect(error.message.split("\n").every((line) => line.startsWith(`${file}: metrics[0].`))).toBe(true);
    expect(error.message.split("\n").length).toBeGreaterThan(1);
  });
});
