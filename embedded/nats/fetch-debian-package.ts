import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Are the tools of a Debian or Ubuntu system there? */
export async function hasDebianTools(): Promise<boolean> {
  const found = await Promise.allSettled([run("apt-get", ["--version"]), run("dpkg-deb", ["--version"])]);
  return found.every(({ status }) => status === "fulfilled");
}

/**
 * Downloads and unpacks the distribution's nats-server package without installing it. apt gets state and cache folders of its own, so it
 * needs no root rights and changes nothing on the system; it checks the package's signature chain as always.
 *
 * @param work an empty folder
 * @returns the path of the unpacked program
 */
export async function fetchDebianPackage(work: string): Promise<string> {
  const [state, cache] = [join(work, "state"), join(work, "cache")];
  await Promise.all([
    mkdir(join(state, "lists", "partial"), { recursive: true }),
    mkdir(join(cache, "archives", "partial"), { recursive: true }),
  ]);
  const options = [
    `Dir::State=${state}`,
    `Dir::Cache=${cache}`,
    "Dir::State::status=/var/lib/dpkg/status",
    "APT::Sandbox::User=",
    "Debug::NoLocking=1",
  ].flatMap((option) => ["-o", option]);
  await aptGet(work, [...options, "--quiet", "update"]);
  await aptGet(work, [...options, "--quiet", "download", "nats-server"]);
  const archive = (await readdir(work)).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new Error("apt-get downloaded no package");
  await run("dpkg-deb", ["-x", archive, "unpacked"], { cwd: work });
  const files = await readdir(join(work, "unpacked"), { recursive: true });
  const program = files.find((name) => name.endsWith("bin/nats-server"));
  if (program === undefined) throw new Error(`the package ${archive} holds no nats-server`);
  return join(work, "unpacked", program);
}

async function aptGet(work: string, args: readonly string[]): Promise<void> {
  await run("apt-get", args, { cwd: work }).catch((error: { stderr?: string }) => {
    throw new Error(`apt-get: ${error.stderr?.trim().split("\n").at(-1) || "failed without a word"}`, { cause: error });
  });
}
