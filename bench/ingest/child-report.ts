import type { ChildProcess } from "node:child_process";

/** What a measured process says of itself. */
export interface ChildReport {
  readonly seconds: number;
  /** User and system time of the process, microseconds. */
  readonly cpuMicros: number;
  /** Peak resident memory, MiB. */
  readonly peakMb: number;
}

/**
 * Waits for the report of a measured process, sent over its channel, and for its end.
 * @throws Error if it ends without one
 */
export async function reportOf<Report = ChildReport>(child: ChildProcess, task: string): Promise<Report> {
  let report: Report | undefined;
  child.on("message", (message) => {
    report = message as Report;
  });
  const how = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    // Not "exit": a message may still be on its way then.
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  if (report === undefined) throw new Error(`The process that was to ${task} ended before it had measured anything (${how}).`);
  return report;
}
