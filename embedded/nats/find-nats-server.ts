import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cachedNatsServer, fetchNatsServer } from "./fetch-nats-server.ts";

const run = promisify(execFile);

/** A nats-server program that was found to run. */
export interface NatsServerProgram {
  /** What to execute: a name on PATH or an absolute path. */
  readonly command: string;
  /** For example `[2, 9, 10]`. */
  readonly version: readonly [major: number, minor: number, patch: number];
}

/** Where to look for nats-server, and whether it may be downloaded. */
export interface FindNatsServerOptions {
  /** Folder for a fetched copy; default `hydrograph` in the user's cache folder. */
  readonly cacheDir?: string;
  /** Program name or path to try first; default `nats-server`, so PATH decides. */
  readonly command?: string;
  /** Called once before a download starts, with a sentence for the user. */
  readonly onFetch?: (message: string) => void;
}

/**
 * Finds a nats-server that runs: on PATH, else in the project's cache, else fetched into that cache without root rights.
 *
 * @throws Error whose message says what to install by hand if none can be had
 */
export async function findOrFetchNatsServer(options: FindNatsServerOptions = {}): Promise<NatsServerProgram> {
  const onPath = await probe(options.command ?? "nats-server");
  if (onPath) return onPath;
  const cached = await probe(cachedNatsServer(options.cacheDir));
  if (cached) return cached;
  const fetched = await fetchNatsServer(options);
  const program = await probe(fetched);
  if (!program)
    throw new Error(
      `The nats-server fetched to ${fetched} does not run on this machine. Install nats-server 2.9 or newer and put it on PATH.`,
    );
  return program;
}

async function probe(command: string): Promise<NatsServerProgram | undefined> {
  try {
    const { stdout } = await run(command, ["--version"]);
    const [, major, minor, patch] = /v(\d+)\.(\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined) return undefined;
    return { command, version: [Number(major), Number(minor), Number(patch)] };
  } catch {
    return undefined;
  }
}
