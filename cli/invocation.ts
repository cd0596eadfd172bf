import type { Environment } from "./config/environment.ts";
import { DEFAULT_CONFIG, loadConfig, type LoadedConfig } from "./config/load-config.ts";
import type { Terminal } from "./output/terminal.ts";

/** What every command gets: where it may speak, what it was told, and when to stop. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** Aborts on the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  readonly flags: GlobalFlags;
}

/** Flags that every command understands. */
export interface GlobalFlags {
  readonly config?: string;
  readonly nats?: string;
  readonly clickhouse?: string;
  readonly verbose?: boolean;
}

/** Loads the config that the command line, else the environment, else the default name says. */
export function openConfig({ flags, environment }: Invocation): Promise<LoadedConfig> {
  return loadConfig(flags.config ?? environment.config ?? DEFAULT_CONFIG);
}

/** Turns what a command does into commander's action: the invocation comes first, and the returned exit code is kept. */
export type Act = <Args extends unknown[]>(
  run: (invocation: Invocation, ...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;
