import { homedir } from "node:os";
import { join } from "node:path";
import type { FindNatsServerOptions } from "./find-nats-server.ts";

/** Where a fetched nats-server lies or would lie. */
export function cachedNatsServer(cacheDir = join(homedir(), ".cache", "hydrograph")): string {
  return join(cacheDir, "nats-server", "nats-server");
}

/** Fetches nats-server into the cache and returns its path. */
export async function fetchNatsServer(_options: FindNatsServerOptions): Promise<string> {
  throw new Error("nats-server was not found on PATH. Install it (Debian and Ubuntu: apt-get install nats-server) and try again.");
}
