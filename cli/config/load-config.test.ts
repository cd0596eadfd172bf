import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "./load-config.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const good = `import { count, defineEvent, defineMetric, defineProject } from "hydrograph";
import { z } from "zod";
const orderPlaced = defineEvent({ type: "order.placed", data: z.object({ amount: z.number() }) });
const orders = defineMetric({ name: "orders", event: orderPlaced, measure: count() });
export default defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [orderPlaced], metrics: [orders] });
`;

/** The same with a saved query. */
const saved = (query: string): string =>
  good
    .replace("defineProject }", "defineProject, defineQuery }")
    .replace("metrics: [orders]", `metrics: [orders], queries: [defineQuery(${query})]`);

/** A user's project: the package and zod are installed, and package.json says which kind of module a file is. */
async function userProject(folder: string, packageJson: object): Promise<string> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await symlink(root, join(folder, "node_modules/hydrograph"));
  await symlink(join(root, "node_modules/zod"), join(folder, "node_modules/zod"));
  await writeFile(join(folder, "package.json"), JSON.stringify(packageJson));
  return folder;
}

const url = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/** Loads a config in a process of its own as the command does, past the test runner's own loading of modules, and gives what an expression then says. */
async function ask(file: string, expression: string, env: Record<string, string> = {}): Promise<unknown> {
  const script = `const [{ loadConfig }, hydrograph] = [await import(${url("cli/config/load-config.ts")}), await import(${url("dist/index.js")})];
const { project } = await loadConfig(${JSON.stringify(file)});
process.stdout.write(JSON.stringify(${expression}));`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

describe("loadConfig", () => {
  let base = "";
  let folder = "";
  let files = 0;

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), "hydrograph-config-"));
    folder = await userProject(join(base, "esm"), { type: "module" });
    await writeFile(join(folder, "broken.ts"), "import it;\n");
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
    const older = `const { defineProject } = require("hydrograph");
module.exports = { __esModule: true, default: defineProject({ name: "old", streams: [{ name: "OLD", subjects: ["old.>"] }], events: [] }) };`;
    expect((await loadConfig(await config(older, commonJs))).project.name).toBe("old");
    await expect(loadConfig(await config("export const project = 1;", commonJs))).rejects.toThrow(/has no default export/);
  });

  it("shares the package with the command, and tells each file its own place", async () => {
    await mkdir(join(folder, "parts"));
    await writeFile(join(folder, "parts/place.ts"), "export const place: string[] = [import.meta.url, import.meta.dirname, __filename];\n");
    await writeFile(join(folder, "parts/name.json"), '{ "name": "tides" }');
    const file = await config(`import own from "./parts/name.json" with { type: "json" };
import { place } from "./parts/place.js";
import { basename } from "node:path";
${good.replace('name: "shop"', "name: own.name")}
globalThis.seen = { place, defineProject, own: basename(import.meta.filename), zod: require("zod/package.json").name };
`);
    expect(await ask(file, "{ ...seen, shared: seen.defineProject === hydrograph.defineProject, name: project.name }")).toEqual({
      place: [pathToFileURL(join(folder, "parts/place.ts")).href, join(folder, "parts"), join(folder, "parts/place.ts")],
      own: basename(file),
      zod: "zod",
      shared: true,
      name: "tides",
    });
  });

  it("leaves an error's stack on the lines of the config, and needs no folder to write into", async () => {
    const file = await config(`interface Unneeded { a: 1 }\n\n${good}\nglobalThis.cry = () =>\n  new Error("at dusk").stack;\n`);
    expect(await ask(file, "cry()")).toMatch(new RegExp(`^Error: at dusk\\n +at .*${file}:10:3`));
    expect(await ask(file, "cry()", { TMPDIR: join(folder, "absent") })).toMatch(/^Error: at dusk\n/);
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
      /'hydrograph' does not provide an export named 'definePrognosis'/,
    ],
    ['import { absent } from "./broken.ts"; export default absent;', /: broken\.ts: line 1, column 9: Expected "from" but found ";"\.$/],
    ["export default await Promise.reject(new Error('no tide'));", /: fails when loaded: no tide\.$/],
    ["export default 5;", /: the default export: /],
  ])("says what is wrong with %s", async (text, sentence) => {
    await expect(loadConfig(await config(text))).rejects.toThrow(sentence);
  });

  it("names the saved query that its project cannot answer, and what of it is wrong", async () => {
    const file = await config(saved('{ name: "daily", ask: "trend", metric: "ordres", range: "7d", grain: "day" }'));
    await expect(loadConfig(file)).rejects.toThrow(`${file}: queries.daily: There is no metric "ordres": did you mean "orders"?`);
    const worded = await config(saved('{ name: "daily", ask: "trend", metric: orders, range: "7d", grain: 5 }'));
    await expect(loadConfig(worded)).rejects.toThrow(`${worded}: queries.daily: "grain" does not fit: `);
    const named = await config(saved('{ name: "Daily", ask: "sessions", gap: "1h", range: "7d" }'));
    await expect(loadConfig(named)).rejects.toThrow(`${named}: queries[0].name: must start with a lower-case letter`);
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
