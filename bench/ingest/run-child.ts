import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchServers, ServerCpu } from "./bench-servers.ts";
import { reportOf, type ChildReport } from "./child-report.ts";

/** What a measured process does: see child.ts. */
export type Task = "drain" | "read" | "ingest" | "naive" | "live";

/** A report, with what the servers used meanwhile. */
export interface Measured extends ChildReport {
  readonly serverCpu: ServerCpu;
}

/** What a task is to do. */
export interface ChildOptions {
  /** Whether a worker derives a field. */
  readonly derive?: boolean;
  /** How many messages the naive writer takes. */
  readonly messages?: number;
}

/** Starts a measured process, so that its CPU time and memory are its own. */
export function startChild(task: Task, servers: BenchServers, { derive = false, messages = 0 }: ChildOptions = {}): ChildProcess {
  const file = fileURLToPath(new URL("./child.ts", import.meta.url));
  return fork(file, [task, servers.natsUrl, servers.clickhouseUrl, String(derive), String(messages)], { execArgv: ["--import", "tsx"] });
}

/** Runs a task to its end. */
export async function runChild(task: Task, servers: BenchServers, options: ChildOptions = {}): Promise<Measured> {
  const before = servers.cpu();
  const report = await reportOf(startChild(task, servers, options), task);
  const after = servers.cpu();
  const used = (name: keyof ServerCpu): number | undefined => {
    const [start, end] = [before[name], after[name]];
    return start === undefined || end === undefined ? undefined : end - start;
  };
  return { ...report, serverCpu: { nats: used("nats"), clickhouse: used("clickhouse") } };
}
