import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/** The image's /app, laid out as the Dockerfile does, without Docker: the compiled code, the packages that it keeps, and its own commands on them. */
async function layOut(app: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as Lock;
  const kept = Object.entries(lock.packages).flatMap(([path, { dev }]) =>
    /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true ? [path] : [],
  );
  const installed = new Set(await readdir(join(root, "node_modules"), { recursive: false }));
  await cp(join(root, "dist"), join(app, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(app, "package.json"));
  for (const path of kept) {
    if (/\/(chdb|@chdb)\b/.test(path) || !installed.has(path.split("/")[1] ?? "")) continue;
    await mkdir(dirname(join(app, path)), { recursive: true });
    await symlink(join(root, path), join(app, path));
  }
  const dockerfile = await readFile(join(root, "Dockerfile"), "utf8");
  const links = [...dockerfile.matchAll(/^RUN (ln -s .*)$/gm)].map(([, command = ""]) => command.replaceAll("/app", app));
  for (const command of links) await run("sh", ["-c", command], { cwd: app });
}

describe("the image", () => {
  let app: string;
  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), "hydrograph-image-"));
    await layOut(app);
  });
  afterAll(() => rm(app, { recursive: true, force: true }));

  test.each([
    ["without a package.json", undefined],
    ["with a package.json of its own", '{ "name": "my-shop", "type": "module" }'],
    ["with a package.json that says nothing of modules", '{ "name": "my-shop" }'],
  ])("loads a mounted project %s", async (_, manifest) => {
    const project = join(app, "project");
    await rm(project, { recursive: true, force: true });
    await mkdir(project);
    await cp(join(root, "examples/shop/hydrograph.config.ts"), join(project, "hydrograph.config.ts"));
    if (manifest !== undefined) await writeFile(join(project, "package.json"), manifest);
    const out = await mkdtemp(join(app, "out-"));
    const { stdout } = await run(process.execPath, ["dist/cli/main.js", "dashboards", "build", "--out", out], {
      cwd: app,
      env: { ...process.env, HYDROGRAPH_CONFIG: join(project, "hydrograph.config.ts") },
    });
    expect(stdout).toMatch(/overview\.json/);
  });

  test("can start without the embedded servers' packages", async () => {
    await expect(readdir(join(app, "node_modules"))).resolves.not.toContain("chdb");
    expect((await run(process.execPath, ["dist/cli/main.js", "ingest", "--help"], { cwd: app })).stdout).toMatch(/Move events/);
    expect((await run(process.execPath, ["dist/examples/shop/live.js", "--help"], { cwd: app })).stdout).toMatch(/Runs a made-up web shop/);
  });
});
