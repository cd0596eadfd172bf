import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runHere, type Outcome } from "../../cli/run-here.test-support.ts";
import { startHydrograph, type Running, type RunOptions } from "./cli.ts";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where the servers are. */
export interface Addresses {
  readonly natsUrl: string;
  readonly clickhouseUrl: string;
}

/** A user's own folder with a config, in which commands run. */
export interface UserProject {
  readonly folder: string;
  /** Name of the project and of its database: one of its own, so that tests share servers. */
  readonly name: string;
  readonly stream: string;
  /** Runs a command in this process, which is quicker; variables of its own come before those of the addresses. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Starts a command as a shell does: to look at a process, at what it leaves on a pipe, or to end it. */
  start(args: readonly string[], options?: Partial<RunOptions>): Running;
  /** Runs a command here that must end well, and parses the JSON it answers. */
  json<Answer>(args: readonly string[]): Promise<Answer>;
  remove(): Promise<void>;
}

/**
 * Makes a folder as a user has it, with an example's config under a name, a stream and subjects of its own.
 * @param addresses servers to use; none = the project's own `hydrograph up`
 */
export async function userProject(example: "git" | "shop", addresses?: Addresses): Promise<UserProject> {
  const name = uniqueName(example);
  const config = await readFile(join(ROOT, `examples/${example}/hydrograph.config.ts`), "utf8");
  // A slow machine may take longer than the usual two minutes from a file to the same file again.
  const own = config
    .replace(`name: "${example}"`, `name: "${name}"`)
    .replace(/streams: \[.*?\],\n/s, `streams: [{ name: "${name.toUpperCase()}", subjects: ["${name}.>"], duplicateWindow: "1h" }],\n`);
  return projectWith(name, own, addresses);
}

/** Makes a folder with the shop's config, and its stream and tables. */
export async function migratedShop(addresses: Addresses): Promise<UserProject> {
  const project = await userProject("shop", addresses);
  await project.json(["migrate"]);
  return project;
}

/** A name for a project and its database that no other test has. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(4).toString("hex")}`;
}

/** Makes a folder as a user has it, with a config whose project has this name; its first stream is the name in capitals. */
export async function projectWith(name: string, config: string, addresses?: Addresses): Promise<UserProject> {
  const folder = await mkdtemp(join(tmpdir(), `hydrograph-${name}-`));
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules/hydrograph"));
  await symlink(join(ROOT, "node_modules/zod"), join(folder, "node_modules/zod"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await writeFile(join(folder, "hydrograph.config.ts"), config);
  const env = addresses ? { HYDROGRAPH_NATS_URL: addresses.natsUrl, HYDROGRAPH_CLICKHOUSE_URL: addresses.clickhouseUrl } : {};
  const run: UserProject["run"] = (args, more = {}) => runHere(args, { cwd: folder, env: { ...env, ...more } });
  return {
    folder,
    name,
    stream: name.toUpperCase(),
    run,
    start: (args, options = {}) => startHydrograph(args, { cwd: folder, ...options, env: { ...env, ...options.env } }),
    json: async <Answer>(args: readonly string[]) => {
      const { code, stderr, stdout } = await run([...args, "--format", "json"]);
      if (code !== 0) throw new Error(`hydrograph ${args.join(" ")} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Answer;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
