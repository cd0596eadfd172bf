/** What the process ends with: scripts may rely on these, and the README lists them. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** Something outside failed: a server, the disk, the network. */
  failure: 1,
  /** What was typed, the config or an input file is at fault. */
  usage: 2,
  /** `verify` found the log and the tables to differ, `doctor` a check that fails, or `dashboards build --check` files out of date. */
  findings: 3,
  /** Stopped by Ctrl-C or SIGTERM before it was done. */
  interrupted: 130,
} as const;
