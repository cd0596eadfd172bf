import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchServers, ServerCpu } from "./bench-servers.ts";
import { reportOf, type ChildReport } from "./child-report.ts";

/** What a measured process does: see child.ts. */
export type Task = "drain" | "ingest" | "naive" | "live";

/** A report, with what the servers used meanwhile. */
export interface Measured extends ChildReport {
  readonly serverCpu: ServerCpu;
}

/** Starts a measured process, so that its CPU time and memory are its own. */
export function startChild(task: Task, servers: BenchServers, messages = 0): ChildProcess {
  const file = fileURLToPath(new URL("./child.ts", import.meta.url));
  return fork(file, [task, servers.natsUrl, servers.clickhouseUrl, String(messages)], { execArgv: ["--import", "tsx"] });
}

/** Runs a task to its end. @param messages how many it takes, if it does not take all */
export async function runChild(task: Task, servers: BenchServers, messages = 0): Promise<Measured> {
  const before = servers.cpu();
  const report = await reportOf(startChild(task, servers, messages), task);
  const after = servers.cpu();
  const used = (name: keyof ServerCpu): number | undefined => {
    const [start, end] = [before[name], after[name]];
    return start === undefined || end === undefined ? undefined : end - start;
  };
  return { ...report, serverCpu: { nats: used("nats"), clickhouse: used("clickhouse") } };
}
