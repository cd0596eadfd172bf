import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const version = "v2.12.1";
const releases = "https://github.com/nats-io/nats-server/releases/download";
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", arm: "arm7", s390x: "s390x" };

/**
 * Downloads the official release for this machine and unpacks it after its SHA-256 was found right.
 *
 * @param work an empty folder
 * @param from where releases are published: `<from>/<version>/<file>`
 * @returns the path of the unpacked program
 */
export async function fetchRelease(work: string, from = releases): Promise<string> {
  const architecture = architectures[process.arch];
  if (architecture === undefined || !["linux", "darwin", "freebsd"].includes(process.platform))
    throw new Error(`there is no release for ${process.platform} on ${process.arch}`);
  const name = `nats-server-${version}-${process.platform}-${architecture}`;
  const archive = await download(`${from}/${version}/${name}.tar.gz`);
  const sums = (await download(`${from}/${version}/SHA256SUMS`)).toString("utf8");
  const expected = sums
    .split("\n")
    .map((line) => line.trim().split(/\s+\*?/))
    .find(([, file]) => file === `${name}.tar.gz`)?.[0];
  const actual = createHash("sha256").update(archive).digest("hex");
  if (actual !== expected) throw new Error(`the SHA-256 of ${name}.tar.gz is ${actual}, but ${expected ?? "nothing"} was published`);
  await writeFile(join(work, "release.tar.gz"), archive);
  await run("tar", ["-xzf", "release.tar.gz"], { cwd: work });
  return join(work, name, "nats-server");
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
