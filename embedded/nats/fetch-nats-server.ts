import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fetchDebianPackage, hasDebianTools } from "./fetch-debian-package.ts";
import { fetchRelease } from "./fetch-release.ts";
import type { FindNatsServerOptions } from "./find-nats-server.ts";

/** The project's folder in the user's cache: `XDG_CACHE_HOME`, else `~/.cache`. */
function defaultCacheDir(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hydrograph");
}

/** Where a fetched nats-server lies or would lie. */
export function cachedNatsServer(cacheDir = defaultCacheDir()): string {
  return join(cacheDir, "nats-server");
}

/**
 * Fetches nats-server into the cache without root rights: on Debian and Ubuntu the distribution's package (3.6 MB, 3 s), elsewhere the official release.
 * Two processes may do so at once: each works in a folder of its own and the finished program is moved into place in one step.
 *
 * @returns the path of the program
 * @throws Error that says what failed and what to install by hand
 */
export async function fetchNatsServer(options: FindNatsServerOptions): Promise<string> {
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, "fetch-"));
  try {
    options.onFetch?.(`nats-server was not found: fetching it into ${cacheDir} (once) …`);
    const program = (await hasDebianTools()) ? await fetchDebianPackage(work) : await fetchRelease(work);
    await chmod(program, 0o755);
    await rename(program, cachedNatsServer(cacheDir));
    return cachedNatsServer(cacheDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `nats-server is not on PATH and could not be fetched (${reason}). Install nats-server 2.9 or newer (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server) and try again.`,
      { cause: error },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
